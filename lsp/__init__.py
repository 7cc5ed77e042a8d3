"""The language server: checked suggestions in any LSP editor."""
