"""What a person writes down: text to a tree, the tree to functions, symbols, instructions."""
