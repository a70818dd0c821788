"""What happened, what was to be expected, and why."""
