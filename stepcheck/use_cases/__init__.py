"""The use cases of the command line and the language server: suggest, prove, judge, repair."""
