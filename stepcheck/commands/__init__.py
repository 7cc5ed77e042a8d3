"""The subcommands of `stepcheck`, one module each."""
