"""The forms in which people write examples: tokens, then productions, then examples."""
