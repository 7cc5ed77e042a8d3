"""The Language Server Protocol as the features need it: positions, edits, markup, progress."""
