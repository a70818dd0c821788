"""Ctrl-C during a descent: it ends with the steps so far, where there are any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from steepest.descent.stopping import Stop
from steepest.wording.fact import fact

INTERRUPTED = Stop("interrupted", fact("ctrl c pressed"))


@contextmanager
def ending_at_interruption(has_steps: Callable[[], bool]) -> Iterator[None]:
    """Ctrl-C leaves the block, as if it were at its end; before there is a step to keep, and
    outside of it, Ctrl-C goes through.

    >>> with ending_at_interruption(lambda: True):
    ...     raise KeyboardInterrupt
    """
    try:
        yield
    except KeyboardInterrupt:
        if not has_steps():
            raise
