"""Lean files: documents, their checkers, and the suggestions for a position."""
