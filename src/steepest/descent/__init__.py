"""How the minimum is approached."""
