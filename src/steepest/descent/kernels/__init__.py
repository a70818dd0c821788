"""Descents compiled to machine code. Importing a file of these imports numba."""

# Rows are shuffled in chunks that lie side by side, within groups of them (see `shuffling.py`).
CHUNK_ROWS = 32  # of one float32 column: two lines of the cache
GROUP_ROWS = 2048
