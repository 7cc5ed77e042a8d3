"""The embedded Lean: fetch, verify, prepare, launch."""
