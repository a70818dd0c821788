"""Mistakes of a loop: each in a file of its own, listed in `table`."""
