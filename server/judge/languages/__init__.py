"""What the judge knows of each language: its syntax, its changes, and how its programs are run.

`python` reads Python's own syntax trees. The other modules are the languages whose functions a
harness calls: their grammars, types and tools, and the harnesses themselves.
"""
