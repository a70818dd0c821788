"""From facts to sentences: the only room that makes what a reader sees, errors and helps excepted.

A fact is a kind with its numbers and names (`fact.py`). A file here that is named after a topic
holds a function for each kind of fact, called as the kind is: `objective_rose` makes the sentence
of `fact("objective rose", start=2.0, end=3.0)`. What is shown at once and not kept, such as labels,
headings and lines of the terminal, is made by `phrase`, in the same way or from the templates of
`labels.py`. Numbers, lists and plurals are written by `numbers.py`. The room imports nothing but
arrays: what a sentence needs to know is in its fact.
"""
