"""Descents compiled to machine code. Importing a file of these imports numba."""
