"""Sufficient statistics of squared loss: counts, means and centred cross products of rows."""
