"""What runs in isolated child processes: the candidate, and apart from it, what examines it."""
