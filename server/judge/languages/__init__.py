"""Languages other than Python: their functions are called by a harness, and compared out here."""
