"""The lab: a page on which formulas are typed, dragged and played, and its local server."""
