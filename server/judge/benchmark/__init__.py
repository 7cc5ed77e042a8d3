"""The judge measured on labelled candidates."""
