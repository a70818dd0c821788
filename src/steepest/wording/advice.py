"""What would help: sentences of advice."""
