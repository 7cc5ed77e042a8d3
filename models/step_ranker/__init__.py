"""Which steps are worth trying on a goal: estimates learned from Lean's verdicts."""
