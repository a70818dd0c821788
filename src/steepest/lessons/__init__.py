"""Lessons in gradient descent: each stands once, as data in content/, and is shown in many forms.

A lesson has parts. A part has a text, the code that a learner would type, the same by steepest,
what must be equal in both, and the numbers that must come out. The terminal (`walk.py`), a notebook
(`notebook.py`) and the page show the same data.
"""
