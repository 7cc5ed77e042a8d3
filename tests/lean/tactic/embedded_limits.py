"""What the tests of the tactics do differently because their Lean is the embedded one.

It has 2 GB of memory, of which each thread takes 66 MB. Lean's file worker has a thread for each
theorem, each request and each call of the tactic, and gives their memory back late or never.
"""

CALLS_PER_WORKER = 7
"""So many calls and code actions are well below what a worker bears."""

ONE_AT_A_TIME = "set_option Elab.async false\n"
"""Otherwise Lean would elaborate all theorems of a file at the same time."""
