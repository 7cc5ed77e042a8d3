"""The queue before the models: admission, batching, execution. Knows no HTTP."""
