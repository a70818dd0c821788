"""Bars on standard error."""

import math
from typing import TYPE_CHECKING, Any, final

from steepest.cli.terminal import behind_the_door
from steepest.models.fit_progress import FitProgress
from steepest.wording.fact import phrase

if TYPE_CHECKING:
    from tqdm import tqdm

    from steepest.problems.row_stream import StreamPace


@final
class ProgressBar(FitProgress):
    """Rows while they are read, epochs while they are walked, points while they are tried."""

    def __init__(self, quiet: bool, every: int = 256) -> None:
        """`every`: a bar that moves at each of many quick epochs would take longer than they do."""
        self.every = every
        self.quiet = quiet
        self.bar: tqdm[Any] | None = None
        self.unit = ""

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def rows(self, done: int, total: int | None) -> None:
        """So many rows have been read."""
        self._show(done, total, phrase("rows"))

    def partitions(self, done: int, total: int) -> None:
        """So many partitions of a frame have been looked at."""
        self._show(done, total, phrase("partitions"))

    def points(self, done: int, total: int) -> None:
        """So many points of a grid have been looked at."""
        self._show(done, total, phrase("points"))

    def epochs(self, done: int, objective: float) -> None:
        """So many epochs have been walked."""
        if done % self.every == 0:
            self._show(done, None, phrase("epochs"), {phrase("objective"): f"{objective:.6g}"})

    def pace(self, pace: "StreamPace") -> None:
        """So many rows of a pass over a stream have been read."""
        shown = {}
        if math.isfinite(pace.objective):
            shown[phrase("objective")] = f"{pace.objective:.6g}"
        if math.isfinite(pace.seconds_left):
            shown[phrase("left")] = phrase("seconds", left=pace.seconds_left)
        self._show(pace.rows, pace.total, phrase("rows of epoch", epoch=pace.epoch), shown)

    def _show(
        self, done: int, total: int | None, unit: str, shown: dict[str, str] | None = None
    ) -> None:
        stream = behind_the_door()
        if self.quiet or stream is None:
            return
        if self.bar is None or self.unit != unit:
            from tqdm import tqdm

            if self.bar is not None:
                self.bar.close()
            self.unit = unit
            self.bar = tqdm(
                total=total,
                unit=f" {unit}",
                unit_scale=True,
                leave=False,
                delay=0.5,
                file=stream,
                disable=None,  # None: where standard error is no terminal
            )
        self.bar.update(done - self.bar.n)
        if shown:
            self.bar.set_postfix(shown)
