"""How likely a verdict is right, given its evidence."""
