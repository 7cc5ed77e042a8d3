"""Generation of proof steps by local weights."""
