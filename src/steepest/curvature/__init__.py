"""Eigenvalues, stable and best learning rates, and the digits that can be trusted."""
