"""Which inputs two versions are compared on."""
