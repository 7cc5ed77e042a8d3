"""Answers for a Lean without a network, by files in a folder."""
