"""Language models: load, generate, score, train. Knows no HTTP and no editor."""
