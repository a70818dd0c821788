"""Reading and working overlap: the next items are read while one is at work."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar, final

Item = TypeVar("Item")

# Two items are read, or wait, while another is at work: three are in memory.
_WAITING = 2
# How often a waiting thread looks up, in seconds: a lock is deaf to Ctrl-C on some systems.
_GLANCE = 0.1


@final
class _End:
    """Nothing more comes."""


def read_ahead(read: Callable[[], Iterable[Item]]) -> Iterator[Item]:
    """The items of `read()`, which is called and iterated in a second thread.

    What reading raises is raised here, after the items before it. The thread has ended when the
    iterator has, or is closed. There is none for who works `on_one_core`.

    >>> list(read_ahead(lambda: "abc"))
    ['a', 'b', 'c']
    """
    if is_alone():
        yield from read()
        return
    with ThreadPoolExecutor(1, thread_name_prefix="steepest-ahead") as thread:
        items = result_of(thread.submit(lambda: iter(read())))
        coming = deque(thread.submit(_next, items) for _ in range(_WAITING))
        try:
            while not isinstance(item := result_of(coming.popleft()), _End):
                coming.append(thread.submit(_next, items))
                yield item
                del item  # or it would be in memory while the next one is waited for
        finally:
            for future in coming:
                future.cancel()
            thread.submit(getattr(items, "close", list))


def result_of(future: Future[Item]) -> Item:
    """What the future gives or raises; Ctrl-C is heard meanwhile."""
    while not future.done():
        wait([future], timeout=_GLANCE)
    return future.result()


def _next(items: Iterator[Item]) -> Item | _End:
    return next(items, _End())


_here = threading.local()


def cores() -> int:
    """How many threads may work at once: all processors, but of one who works `on_one_core`."""
    if is_alone():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_alone() -> bool:
    """Whether this thread works `on_one_core`."""
    return getattr(_here, "alone", False)


@contextmanager
def on_one_core() -> Iterator[None]:
    """What this thread does meanwhile has one processor: others are at work on the other ones."""
    before, _here.alone = is_alone(), True
    try:
        yield
    finally:
        _here.alone = before
