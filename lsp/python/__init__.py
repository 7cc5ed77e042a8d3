"""Python files: documents, their previous texts, and the judgements of their edits."""
