"""Scheduling of asynchronous work: debouncing, caching, cancelling for outdated documents."""
