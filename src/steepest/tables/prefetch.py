"""Reading and working overlap: what comes next is read while what has come is at work."""

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import NamedTuple, TypeVar, final

Item = TypeVar("Item")

# One item waits while the next one is read and another is at work: three are in memory.
_WAITING = 1
# Within so many seconds a thread hears that it is to end, and a wait hears Ctrl-C.
_GLANCE = 0.1


@final
class _Failed(NamedTuple):
    """The reading ended with this error."""

    error: BaseException


@final
class _Ended:
    """Nothing more comes."""


def read_ahead(read: Callable[[], Iterable[Item]]) -> Iterator[Item]:
    """The items of `read()`, which is called and iterated in a thread of its own.

    What reading raises is raised here, after the items before it. The thread has ended when the
    iterator has, or is closed.

    >>> list(read_ahead(lambda: "abc"))
    ['a', 'b', 'c']
    """
    waiting: Queue[Item | _Failed | _Ended] = Queue(_WAITING)
    over = Event()
    reader = Thread(target=_read, args=(read, waiting, over), name="steepest-ahead", daemon=True)
    reader.start()
    try:
        while not isinstance(item := _taken(waiting), _Ended):
            if isinstance(item, _Failed):
                raise item.error
            yield item
            del item  # or it would be in memory while the next one is waited for
    finally:
        over.set()
        reader.join()


def _read(
    read: Callable[[], Iterable[Item]], waiting: "Queue[Item | _Failed | _Ended]", over: Event
) -> None:
    try:
        items = iter(read())
        try:
            for item in items:
                if not _given(item, waiting, over):
                    return
                del item
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
    except BaseException as error:  # whatever it is, it is raised where the items are used
        _given(_Failed(error), waiting, over)
    else:
        _given(_Ended(), waiting, over)


def _given(
    item: Item | _Failed | _Ended, waiting: "Queue[Item | _Failed | _Ended]", over: Event
) -> bool:
    """Whether anybody is still there to take it."""
    while not over.is_set():
        try:
            waiting.put(item, timeout=_GLANCE)
        except Full:
            continue
        return True
    return False


def _taken(waiting: "Queue[Item | _Failed | _Ended]") -> Item | _Failed | _Ended:
    while True:
        try:
            return waiting.get(timeout=_GLANCE)
        except Empty:
            continue
