"""For which inputs a function is asked to work: what is stated, shown, or left open."""
