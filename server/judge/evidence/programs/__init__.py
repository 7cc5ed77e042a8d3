"""Evidence about whole programs: what they print for what they read."""
