"""What a person writes down: text to a tree, and the tree to functions, symbols and instructions."""
