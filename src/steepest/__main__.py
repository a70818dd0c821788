"""`python -m steepest`: the command line."""

from steepest.cli.main import main

main()
