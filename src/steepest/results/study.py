"""What `steepest.study` and `steepest.compare` return: several runs, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from steepest.errors import check_known, printable
from steepest.path.several import SeveralPaths
from steepest.path.step_excerpt import MOST_ROWS, html_table, paragraph
from steepest.pictures.new_figure import shows
from steepest.translation import say, translated
from steepest.wording.fact import fact
from steepest.wording.numbers import capitalized

if TYPE_CHECKING:
    from steepest.pictures.animate import Film


@final
@dataclass(frozen=True, eq=False, repr=False)
class Study(SeveralPaths):
    """Several runs of a formula, of a table or of a model, and what can be done with them.

    - `paths`, and `labels`: what each was given that others were not
    - `study["lr 0.1"]` or `study[0]`: one run: of a formula a `Run`, of a table the path of its
      fit, of a model its watched path; iteration gives all, `items()` labels and runs
    - `runs`: the numbers of each;   `minimum`: the objective that their `excess` is counted from

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 1.1], epochs=30)
    >>> study.labels, study.best.verdict.manner
    (('lr 0.1', 'lr 1.1'), 'monotone')
    >>> study["lr 1.1"].verdict.kind
    'diverged'
    >>> rows = [[float(i % 7), float(i % 5)] for i in range(35)]
    >>> study = steepest.compare(rows, [a + b for a, b in rows], batch_size=[5, None], epochs=20)
    >>> [(run.label, run.updates, run.rows_seen) for run in study.runs]
    [('batch 5', 140, 700), ('full batch', 20, 700)]
    """

    def __iter__(self) -> Iterator[Any]:
        return iter(self.paths)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Labels and runs."""
        return zip(self.labels, self.paths, strict=True)

    def __getitem__(self, which: int | str) -> Any:
        """A run by its place or its label."""
        if isinstance(which, str):
            check_known(which, self.labels, "this study has no run {name!r}; it has {known}.")
            return self.paths[self.labels.index(which)]
        if isinstance(which, int) and not -len(self) <= which < len(self):
            raise IndexError(
                say(
                    "this study has no run {which}; it has {count}, from 0 on",
                    which=which,
                    count=len(self),
                )
            )
        return self.paths[which]

    @property
    def best(self) -> Any:
        """The run with the lowest last objective; of equal ones the one with the fewest epochs."""
        return self.paths[self.best_place]

    def __repr__(self) -> str:
        return f"Study of {len(self)} run{'s' * (len(self) != 1)}\n{self.summary()}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from steepest.reports.widget import bundle_of

        return bundle_of(self)

    def _repr_html_(self) -> str:
        """A row for each run, and the best."""
        heads, *rows = self.table()
        shown = [
            [printable(_in_words(head, cell)) for head, cell in zip(heads, row, strict=True)]
            for row in rows[:MOST_ROWS]
        ]
        more = len(self) - len(shown)
        facts = [fact("more runs", more=more)] if more > 0 else []
        facts += [*self.notes_on_table, fact("lowest end", label=self.labels[self.best_place])]
        return html_table(list(map(translated, heads)), shown) + "".join(
            paragraph(str(each)) for each in facts
        )

    @shows
    def plot(
        self,
        view: str | None = None,
        ax: Any = None,
        *,
        scale: Literal["auto", "linear", "log"] = "auto",
    ) -> Any:
        """Draw the runs side by side, and return the matplotlib axes.

        `view`: "page" (all of it on one figure; the default), "objective", "curve" for one
        parameter, or "contour" for two. `scale`: of the "objective".
        """
        from steepest.pictures.catalogue import draw_study

        return draw_study(self, view, ax, scale=scale)

    def animate(
        self,
        file: str | Path | None = None,
        view: str | None = None,
        *,
        frames: int = 80,
        fps: float = 10.0,
    ) -> "Film | None":
        """Write a GIF, or an MP4 where ffmpeg is installed, in which all runs take their steps,
        each in its colour; without a file the GIF is returned, which a notebook plays.

        `view` is "curve", "contour" or "objective": by default of a formula or function of one
        parameter the curve, of two the contours, of all others the objectives. Of many epochs there
        are `frames` pictures, `fps` a second.
        """
        from steepest.pictures.animate import animate

        return animate(self, file, view, frames=frames, fps=fps)

    def report(self, file: str | Path) -> None:
        """Write the report: the runs side by side in one HTML file that needs no network."""
        from steepest.reports.study_report import write_study_report

        write_study_report(self, file)


def _in_words(head: str, cell: str) -> str:
    """A cell of the table of runs in the language spoken."""
    if head == "verdict":
        return capitalized(translated(cell))
    return translated(cell) if head == "how it went" else cell
