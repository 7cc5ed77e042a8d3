"""Drives Lean: candidates in, verdicts out."""
