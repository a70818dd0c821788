"""What is recorded of a loop, step by step."""
