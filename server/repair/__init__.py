"""Repair of code by generating edits and validating each: none is shown that the judge refutes."""
