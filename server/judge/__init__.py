"""The judge: is a piece of code right, where is it wrong, and how sure are we."""
