"""What curvature says before a run, and what the run itself says after it."""
