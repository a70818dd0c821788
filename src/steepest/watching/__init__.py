"""A PyTorch loop that someone else wrote: recorded, judged, measured."""
