"""Python, as far as it can be read off source."""
