"""What the command line, the bridge and the language server do with the server and with Lean."""
