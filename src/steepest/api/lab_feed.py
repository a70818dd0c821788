"""What `lab=True` does: a page of the lab follows a run, in a process of its own.

What the run calls does no more than append a pair of numbers to a list. A thread takes them from
there a few times a second and hands the curve so far to the process that serves the page: neither
a slow page nor none at all holds the run up, and no number in it changes.
"""

import atexit
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, final

import numpy as np

from steepest.errors import InputError
from steepest.models.fit_progress import FitProgress
from steepest.path.step import Step
from steepest.pictures.axis_scale import LARGEST
from steepest.pictures.chart import Axis, Chart, series
from steepest.reports.drawn import sent
from steepest.reports.sheet import Sheet, sheet_of, to_json
from steepest.watching.callbacks import Callback
from steepest.wording.fact import phrase

_PAUSE = 0.25  # seconds between two states that are sent
_MOST = 4000  # points of a curve that are kept
_PATIENCE = 10.0  # seconds that the last state may take to be sent


@final
class LabFeed:
    """What a page of the lab is told of one run. As a context it tells of an error, too."""

    def __init__(self, kind: str, unit: str = "epoch", title: str = "") -> None:
        self.kind, self.unit, self.title = kind, unit, title or phrase("under way")
        self.words = ""
        self._new: list[tuple[int, float]] = []
        self._curve = np.empty((0, 2))
        self._last: Sheet | None = None
        self._done = threading.Event()
        self._page = _the_page()
        self._page.say_address()
        self._thread = threading.Thread(target=self._send, name="steepest-lab", daemon=True)
        self._thread.start()

    def step(self, index: int, objective: float) -> None:
        """A step was made."""
        self._new.append((index, objective))

    def finish(self, result: object) -> None:
        """It has ended with this."""
        try:
            self._last = sheet_of(result)
        except InputError as error:  # a loop without a step, say
            self._last = Sheet(self.kind, self.title, words=str(error))

    def __enter__(self) -> "LabFeed":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._last is None:
            self._last = self._state(live=False, words=phrase("ended early", error=str(error)))
        self._done.set()
        self._thread.join(_PATIENCE)

    def of_steps(self, given: Callable[[int, float], object] | None) -> Callable[[int, float], Any]:
        """What is called at each step, beside what the user gave."""
        if given is None:
            return self.step

        def both(index: int, objective: float) -> None:
            given(index, objective)
            self.step(index, objective)

        return both

    def of_fit(self, given: FitProgress | None) -> FitProgress:
        """The progress of a fit, beside the user's."""
        return _OfFit(self, FitProgress() if given is None else given)

    def _send(self) -> None:
        self._page.show(self._state())
        while not self._done.wait(_PAUSE):
            if self._new or self.words:
                self._page.show(self._state())
        if self._last is not None:
            self._page.show(self._last)

    def _state(self, live: bool = True, words: str = "") -> Sheet:
        """The curve so far: of many points every second one, again and again."""
        new, self._new = self._new, []
        if new:
            self._curve = np.vstack([self._curve, np.array(new, dtype=float)])
        while len(self._curve) > _MOST:
            self._curve = np.vstack([self._curve[:-1:2], self._curve[-1:]])
        epochs, values = self._curve.T
        values = np.where(np.abs(values) <= LARGEST, values, np.nan)
        unit, label = phrase("unit of steps", unit=self.unit), phrase("objective")
        curve, x = [series(epochs, values)], Axis(unit)
        heading = phrase("objective by", unit=self.unit)
        charts = [sent(Chart(x, Axis(label), curve), "objective", heading)]
        if len(values) and float(np.fmin.reduce(values, initial=np.inf)) > 0.0:
            log = phrase("objective by", unit=self.unit, logarithmic=True)
            charts.append(sent(Chart(x, Axis(label, "log"), curve), "objective-log", log))
        now = [] if not len(values) else [(unit, float(epochs[-1])), (label, _known(values[-1]))]
        return Sheet(
            self.kind, self.title, words=words or self.words, values=now, live=live,
            charts=charts if len(values) > 1 else [],
        )  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@final
class _OfFit(FitProgress):
    """Hands what a fit tells to the page and to the user's own."""

    def __init__(self, feed: LabFeed, given: FitProgress) -> None:
        self.feed, self.given = feed, given

    def rows(self, done: int, total: int | None) -> None:
        self.given.rows(done, total)
        self.feed.words = phrase("rows so far", done=done)

    def epochs(self, done: int, objective: float) -> None:
        self.given.epochs(done, objective)
        self.feed.step(done, objective)

    def pace(self, pace: Any) -> None:
        self.given.pace(pace)


@final
class FollowedLoop(Callback):
    """Tells a page of a watched loop."""

    def __init__(self) -> None:
        self.feed = LabFeed("watch", "step", phrase("training"))

    def on_step(self, run: Any, step: Step) -> None:
        self.feed.step(step.index, step.objective)

    def on_end(self, run: Any) -> None:
        with self.feed:
            self.feed.finish(run)


class _Page:
    """The process that serves the page: one for this program, whatever is followed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "steepest.lab.live"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run
        )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._sink, self._lock = self._process.stdin, threading.Lock()
        self.address = self._process.stdout.readline().decode().strip()
        if not self.address:
            raise InputError("the page of the lab could not be served; leave lab=True out")
        atexit.register(self.close)

    @property
    def is_there(self) -> bool:
        return self._process.poll() is None

    def say_address(self) -> None:
        print(phrase("lab follows", address=self.address), flush=True)

    def show(self, sheet: Sheet) -> None:
        """What the page shows from now on. A page that is gone is no error of the run."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._sink.write(to_json(sheet) + b"\n")
            self._sink.flush()

    def close(self) -> None:
        """Nothing more will come: the process ends when nobody looks at its page."""
        with contextlib.suppress(OSError, ValueError):
            self._sink.close()


_pages: list[_Page] = []


def _the_page() -> _Page:
    if not _pages or not _pages[0].is_there:
        _pages[:] = [_Page()]
    return _pages[0]
