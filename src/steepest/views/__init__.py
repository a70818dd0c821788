"""Plain data computed from a path or a fit; a plot draws a view."""
