"""The server: suggests proof steps by a model, judges and repairs code in a sandbox."""
