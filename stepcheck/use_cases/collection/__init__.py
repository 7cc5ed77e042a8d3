"""The use case of collecting: steps tried on many goals, and kept as rows."""
