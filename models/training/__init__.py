"""Training of the models; `python -m stepcheck.models.training --help`."""
