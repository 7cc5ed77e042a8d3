"""What the tests of the tactics do differently because their Lean is the embedded one."""

CALLS_PER_WORKER = 9
"""Lean's file worker has a thread for each theorem, each request and each call of the tactic. The
embedded Lean has 2 GB of memory, of which a thread takes 66 MB: it does not bear many more."""
