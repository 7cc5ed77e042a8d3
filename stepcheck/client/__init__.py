"""The HTTP client of the model server."""
