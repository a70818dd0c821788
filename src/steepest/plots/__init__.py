"""Views drawn on matplotlib axes."""
