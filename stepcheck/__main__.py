"""`python -m stepcheck`."""

from stepcheck.cli import main

main()
