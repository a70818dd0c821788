"""From facts to sentences: the only room that makes them, errors excepted.

A fact is a kind with its numbers and names (`fact.py`). A file here that is named after a topic
holds a function for each kind of fact, called as the kind is: `objective_rose` makes the sentence
of `fact("objective rose", start=2.0, end=3.0)`. Numbers, lists and plurals are written by
`numbers.py`. The room imports nothing but arrays: what a sentence needs to know is in its fact.
"""
