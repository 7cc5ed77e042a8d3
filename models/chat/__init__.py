"""Chat models, local or behind an OpenAI-compatible endpoint."""
