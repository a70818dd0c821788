"""The front doors: arguments in, a fit, a path, a study, a search or a graph out."""
