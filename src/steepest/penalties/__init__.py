"""Penalties on coefficients, bounds on parameters, and their proximal map."""
