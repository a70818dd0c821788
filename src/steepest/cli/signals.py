"""Signals: temporary files are removed before SIGTERM and SIGHUP end the process, or Ctrl-C."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from steepest.cli.outputs import INTERRUPTED, fail
from steepest.storage.temporary_files import remove_all
from steepest.translation import say

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


def interrupt(number: int, frame: FrameType | None) -> None:
    """Ctrl-C: as everywhere, but what is only being loaded is left at once. Compiled packages that
    are interrupted while they load abort the process, with a traceback.
    """
    while frame is not None:
        if "importlib._bootstrap" in frame.f_code.co_filename:
            print(file=sys.stderr)  # after the terminal's ^C, as click does
            code = fail(say("interrupted"), INTERRUPTED)
            remove_all()
            os._exit(code)
        frame = frame.f_back
    raise KeyboardInterrupt
