"""DataFrames, and lazy frames whose rows stay in their own engine."""
