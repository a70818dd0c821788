"""From facts to sentences: numbers, lists and places in words."""
