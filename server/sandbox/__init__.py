"""Untrusted code run in isolation; what it holds and what not is in THREATS.md."""
