"""What a user holds: a fit, a run, a study, a watched loop."""
