"""`python -m steepest`: the command line."""

from steepest.cli import main

main()
