"""Candidates in order (PairS, arXiv 2403.16950), and how consistent the comparisons are."""
