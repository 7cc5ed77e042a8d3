"""Language models: load, generate, score, train. Serves none, and knows no editor."""
