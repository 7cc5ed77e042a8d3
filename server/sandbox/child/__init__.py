"""What runs in a confined child process: the candidate, and apart from it, what examines it."""
