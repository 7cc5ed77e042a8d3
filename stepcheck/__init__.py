"""stepcheck: Lean proof steps and code edits, shown only after Lean or a run has checked them."""

__version__ = "0.1.0"
