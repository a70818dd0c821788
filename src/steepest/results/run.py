"""What `steepest.minimize` returns: a path with its pictures, its report and its file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from steepest.arrays import Floats
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.path.path import DescentPath
from steepest.path.run_file import load_path, save_path
from steepest.path.step import Step
from steepest.pictures.new_figure import shows

if TYPE_CHECKING:
    from steepest.pictures.animate import Film


@final
@dataclass(frozen=True, eq=False, repr=False)
class Run(DescentPath):
    """A descent and what can be done with it. It is its path: `run.at(k)` is step k.

    - `path`: the path itself, as the descent left it

    >>> import steepest
    >>> run = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30)
    >>> round(run.at(5)["x"], 4), len(run), run.verdict.manner
    (3.6384, 31, 'monotone')
    """

    path: DescentPath

    @staticmethod
    def of(path: DescentPath) -> "Run":
        """The run that a path is of."""
        if isinstance(path, Run):
            return path
        return Run(path.problem, path.forecaster, path.judge, path.validation, path.stop, path)

    @staticmethod
    def load(file: str | Path) -> "Run":
        """Read a run that `save` wrote. Raises StorageError for any other file."""
        return Run.of(load_path(file))

    @property
    def forecast(self) -> Forecast:
        return self.path.forecast

    @property
    def verdict(self) -> Verdict:
        return self.path.verdict

    @property
    def walk(self) -> Trajectory | None:
        return self.path.walk

    @property
    def epochs(self) -> int:
        return self.path.epochs

    @property
    def unit(self) -> str:
        return self.path.unit

    @property
    def recorded(self) -> tuple[int, ...]:
        return self.path.recorded

    def rate(self, k: int) -> float:
        return self.path.rate(k)

    def descent_parameters(self, k: int) -> Floats:
        return self.path.descent_parameters(k)

    def at(self, k: int) -> Step:
        return self.path.at(k)

    def steps(self, indices: Iterable[int]) -> Iterator[Step]:
        return self.path.steps(indices)

    def save(self, file: str | Path) -> None:
        """Write the run to a `.steepest` file; `steepest.load` reads it.

        The file of a formula gives every step again. Of a Python function it keeps the steps that
        are kept, but not the function.
        """
        save_path(self.path, file)

    @shows
    def plot(
        self,
        view: str | None = None,
        ax: Any = None,
        *,
        parameters: Sequence[str] | None = None,
        scale: Literal["auto", "linear", "log"] = "auto",
    ) -> Any:
        """Draw a picture of the path on matplotlib axes, and return the axes.

        `view`: "curve" (the default for one parameter), "contour" (for several), "surface",
        "plane" (the two main directions of the path), "objective", "parameters" or "gradient".
        `parameters`: the one or two that a slice is drawn over. `scale`: of the last three; by
        default the objective is linear with the logarithm beside it.
        """
        from steepest.pictures.catalogue import draw_path

        return draw_path(self.path, view, ax, parameters=parameters, scale=scale)

    def animate(
        self,
        file: str | Path | None = None,
        view: str | None = None,
        *,
        parameters: Sequence[str] | None = None,
        frames: int = 80,
        fps: float = 10.0,
    ) -> "Film | None":
        """Write a GIF, or an MP4 where ffmpeg is installed, in which the steps appear.

        Without a file the GIF is returned; as the last line of a notebook's cell it is played.

        `view` and `parameters` are those of `plot`; a long path is thinned to `frames` pictures,
        `fps` a second.
        """
        from steepest.pictures.animate import animate

        return animate(self.path, file, view, parameters=parameters, frames=frames, fps=fps)

    def report(self, file: str | Path, parameters: tuple[str, str] | None = None) -> None:
        """Write the report: one HTML file that needs no network.

        `parameters` are the two of several that a slice is drawn over; by default the two stiffest.
        """
        from steepest.reports.run_report import write_run_report

        write_run_report(self.path, file, parameters)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from steepest.reports.widget import bundle_of

        return bundle_of(self)

    def __repr__(self) -> str:
        return repr(self.path)
