"""SIGTERM and SIGHUP: temporary files are removed, then the signal ends the process as ever."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from steepest.storage.temporary_files import remove_all

_SIGNALS = ("SIGTERM", "SIGHUP")


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Within this, the signals remove what is temporary.

    One that is ignored (nohup does that) or has a handler stays as it is.
    """
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    heard = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in heard:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    """Remove, and end at once: unwinding could wait for a thread, or load a package."""
    remove_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
