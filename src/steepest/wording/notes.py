"""What was done to the rows, and with what: sentences of notes."""
