"""A chat model's opinion of code (CodeJudge, arXiv 2410.02184): prompts, parsing, refutation."""
