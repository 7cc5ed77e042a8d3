"""Learning from verdicts: models tuned on what Lean accepted and refused."""
