"""Python files: the document, what it was before, the judgements of its edits."""
