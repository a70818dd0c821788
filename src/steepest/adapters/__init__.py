"""Watched loops for other programs; each file here needs the package that it is named after."""
