"""Lean files: the document, its Leans, the suggestions for a place."""
