"""The settings: what there is to set, and where it is read from."""
