"""A study: several paths of one problem, side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Schedule
from steepest.errors import InputError, nearest, printable
from steepest.path.path import DescentPath
from steepest.path.step_excerpt import MOST_ROWS, html_row, paragraph
from steepest.results.run import Run
from steepest.wording.numbers import capitalized, number, place
from steepest.wording.text_table import text_table

# Letters of a number in a label; what is longer was hardly typed.
_SHORT = 6


@final
@dataclass(frozen=True, eq=False)
class Choice:
    """What one run of a study was given: its optimizer, learning rate and start (d,)."""

    optimizer: Optimizer
    lr: float | str | Schedule
    start: Floats

    def words(self, digits: int = 3) -> dict[str, str]:
        """Each choice in a word; long numbers of a start have so many digits."""
        place = ", ".join(_short(float(value), digits) for value in self.start)
        return {
            "optimizer": self.optimizer.name,
            "lr": f"lr {self.lr:.12g}" if isinstance(self.lr, float | int) else f"lr {self.lr}",
            "start": f"start {place}" if len(self.start) == 1 else f"start ({place})",
        }


@final
@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Paths of one problem that differ in learning rate, optimizer or start.

    - `paths`, and `labels`: what each was given that others were not
    - `study["lr 0.1"]` or `study[0]`: one path; iteration gives all, `items()` labels and paths

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 1.1], epochs=30)
    >>> study.labels, study.best.verdict.manner
    (('lr 0.1', 'lr 1.1'), 'monotone')
    >>> study["lr 1.1"].verdict.kind
    'diverged'
    """

    paths: tuple[Run, ...]
    labels: tuple[str, ...]

    @staticmethod
    def of(paths: Sequence[DescentPath], choices: Sequence[Choice]) -> "Study":
        """Label paths by what differs among the choices."""
        for digits in (3, 6, 17):
            words = [choice.words(digits) for choice in choices]
            if len({tuple(each.values()) for each in words}) == len(words):
                break
        varied = [key for key in words[0] if len({each[key] for each in words}) > 1] or ["lr"]
        return Study(
            tuple(map(Run.of, paths)),
            tuple(", ".join(each[key] for key in varied) for each in words),
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.paths)

    def items(self) -> Iterator[tuple[str, DescentPath]]:
        """Labels and paths."""
        return zip(self.labels, self.paths, strict=True)

    def __getitem__(self, which: int | str) -> Run:
        """A path by its place or its label."""
        if isinstance(which, str):
            if which not in self.labels:
                raise InputError(
                    f"this study has no run {which!r}; it has {', '.join(self.labels)}."
                    f"{nearest(which, self.labels)}"
                )
            return self.paths[self.labels.index(which)]
        return self.paths[which]

    @property
    def best(self) -> Run:
        """The path with the lowest last objective; of equal ones the one with the fewest epochs."""
        ends = [(path.last.objective, path.epochs) for path in self.paths]
        order = [(value if np.isfinite(value) else np.inf, epochs) for value, epochs in ends]
        return self.paths[order.index(min(order))]

    def summary(self) -> str:
        """A line for every run: its epochs, its end, its verdict."""
        told = zip(self.labels, map(_line, self.paths), strict=True)
        return "\n".join(text_table(list(told), left=2))

    def __repr__(self) -> str:
        return f"Study of {len(self)} run{'s' * (len(self) != 1)}\n{self.summary()}"

    def _repr_html_(self) -> str:
        return _html(self)

    def report(self, file: str | Path) -> None:
        """Write the report: the runs side by side in one HTML file that needs no network."""
        from steepest.web.study_report import write_study_report

        write_study_report(self, file)

    def plot(self, view: str | None = None, ax: Any = None) -> Any:
        """Draw the runs side by side, and return the matplotlib axes.

        `view`: "page" (all of it on one figure; the default), "objective", or "contour" for two
        parameters.
        """
        from steepest.plots.draw import draw_study

        return draw_study(self, view, ax)


def _short(value: float, digits: int) -> str:
    """A number as it was typed, or of a longer one so many digits.

    >>> _short(-1.25, 3), _short(2.0409172, 3), _short(2.0409172, 6)
    ('-1.25', '2.04', '2.04092')
    """
    plain = f"{value:.12g}"
    return plain if len(plain) <= _SHORT else f"{value:.{digits}g}"


def _line(path: DescentPath) -> str:
    last, verdict = path.last, path.verdict
    point = ", ".join(
        f"{name} = {number(value)}" for name, value in zip(last.names, last.parameters, strict=True)
    )
    told = f"{verdict.kind}, {verdict.manner}" if verdict.manner else verdict.kind
    return f"epoch {path.epochs}: {number(last.objective)} at {point}; {told}"


def _html(study: Study) -> str:
    """A row for each run: its epochs, its end and its verdict; then the best."""
    heads = ("run", "epochs", "objective", "end", "verdict", "how it went")
    rows = [_row(label, path) for label, path in list(study.items())[:MOST_ROWS]]
    body = "".join(html_row("td", row) for row in rows)
    table = f"<table><thead>{html_row('th', heads)}</thead><tbody>{body}</tbody></table>"
    more = len(study) - len(rows)
    best = f"The lowest end: {study.labels[study.paths.index(study.best)]}."
    return f"{table}{paragraph(f'… and {more} more.') if more > 0 else ''}{paragraph(best)}"


def _row(label: str, path: DescentPath) -> Iterable[str]:
    last, verdict = path.last, path.verdict
    end = place(last.names, last.parameters)
    cells = (label, str(path.epochs), number(last.objective), end)
    return map(printable, (*cells, capitalized(verdict.kind), verdict.manner))
