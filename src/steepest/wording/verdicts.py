"""How a run ended, and why: sentences of verdicts."""
