"""Pictures: the data of each, and how matplotlib draws it."""
