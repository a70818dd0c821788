"""What is wrong with a loop: sentences of mistakes and of their fixes."""
