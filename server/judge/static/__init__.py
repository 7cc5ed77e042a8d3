"""What reading the code shows, without running it."""
