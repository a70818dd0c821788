"""A watched loop, and what is measured of a model, with their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from steepest.curvature.lanczos import Density
from steepest.errors import InputError
from steepest.pictures.new_figure import shows
from steepest.pictures.picture import checked
from steepest.watching.loop import WatchedLoop
from steepest.watching.measure.hessian import curvature_density
from steepest.watching.measure.landscape import MeasuredLandscape
from steepest.watching.measure.range_test import MeasuredRates
from steepest.watching.record.histograms import RecordedHistograms
from steepest.watching.watched_path import WatchedPath

if TYPE_CHECKING:
    from steepest.pictures.animate import Film

# Of a loop: "curve" to "plane" where a linear module is seen through.
_VIEWS = (
    *("objective", "parameters", "gradient", "curvature", "histograms", "landscape"),
    *("curve", "contour", "surface", "plane"),
)


@final
@dataclass(frozen=True, eq=False, repr=False)
class RateTest(MeasuredRates):
    """What a learning-rate range test found, as `steepest.find_lr` returns it."""

    @shows
    def plot(self, ax: Any = None) -> Any:
        """Draw the losses over the rates, with both marks, on matplotlib axes; returns them."""
        from steepest.pictures.range_test import draw

        return draw(self, ax)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Landscape(MeasuredLandscape):
    """The objective of a model on a plane of its parameters, as `steepest.landscape` returns it."""

    @shows
    def plot(self, ax: Any = None) -> Any:
        """Draw contours with the path on them on matplotlib axes, and return the axes."""
        from steepest.pictures.landscape import draw

        return draw(self, ax)


@final
@dataclass(frozen=True, eq=False, repr=False)
class EigenvalueDensity(Density):
    """The density of eigenvalues of a second derivative, as `run.spectrum()` returns it."""

    @shows
    def plot(self, ax: Any = None) -> Any:
        """Draw the density on matplotlib axes, and return the axes."""
        from steepest.pictures.spectrum import draw

        return draw(self, ax)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Histograms(RecordedHistograms):
    """How the numbers of each tensor are spread at the recorded steps, from `run.histograms()`."""

    @shows
    def plot(self) -> Any:
        """Draw a panel for each tensor and kind on a new figure, and return the axes (r, 3)."""
        from steepest.pictures.histograms import draw

        return draw(self)


@final
class Watch(WatchedLoop):
    """A loop that is or was watched: made by `steepest.watch`, used by `with`."""

    def histograms(self) -> Histograms:
        """How the numbers of each tensor were spread at the recorded steps, in 64 bins between the
        least and the greatest: of the parameters, the gradient, and what the update added.

        There are as many as steps are kept, within the 64 MiB of `keep`; `every` says of which
        steps they are. Raises InputError where `watch` was not told histograms=True.

        >>> import torch, steepest
        >>> model, loss_fn, x = torch.nn.Linear(3, 2), torch.nn.MSELoss(), torch.ones(4, 3)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> with steepest.watch(model, optimizer, loss_fn, histograms=True) as run:
        ...     for _ in range(3):
        ...         optimizer.zero_grad()
        ...         loss_fn(model(x), x[:, :2]).backward()
        ...         optimizer.step()
        >>> counts, edges = run.histograms().at(2, "weight", "gradients")
        >>> int(counts.sum()), len(edges)
        (6, 65)
        """
        return Histograms.of(self.path.records, self.parameters.layout)

    def spectrum(self, batch: Any = None, **options: Any) -> EigenvalueDensity:
        """How the eigenvalues of the second derivative are spread, on a batch as in `curvature`.

        The options are those of `curvature_density` in `steepest.watching.measure.hessian`, which
        says what it costs; `run.spectrum().plot()` draws it.
        """
        density = curvature_density(*self._known("spectrum", batch), **options)
        return EigenvalueDensity(**vars(density))

    def landscape(self, batch: Any = None, **options: Any) -> Landscape:
        """The objective on a plane through the path, on a batch, by default the one seen last.

        It runs the model some thousands of times: see `steepest.landscape`. Of a model with more
        than 10 000 parameters the path is not known, and the plane is one of random directions.
        """
        return Landscape(**vars(self.measured_landscape(batch, **options)))

    @shows
    def plot(
        self,
        view: str | None = None,
        ax: Any = None,
        *,
        parameters: Sequence[str] | None = None,
        scale: Literal["auto", "linear", "log"] = "auto",
        **options: Any,
    ) -> Any:
        """Draw a picture of the path on matplotlib axes, and return the axes.

        `view` is "objective" (the default), "parameters" or "gradient"; "curvature" draws the
        learning rate beside the largest stable one, where `curvature_every` measured it;
        "landscape" draws the objective on a plane through the path, of the batch seen last, with
        the options of `steepest.landscape`; "histograms" draws those of each tensor on a figure of
        their own, where `histograms=True` recorded them. Of a linear module that saw one batch only
        also "curve", "contour", "surface" and "plane" (see `Run.plot`). Raises InputError where
        module, loss_fn or batch lack.
        """
        if view == "landscape":
            return self.landscape(**options).plot(ax)
        if view == "histograms":
            if ax is not None:
                raise InputError("histograms need a figure of their own: leave the axes out")
            return self.histograms().plot()
        path = self.path
        view = _default(path) if view is None else view
        if view is not None:
            checked(view, _VIEWS, "picture")
        if view == "curvature":
            from steepest.pictures.sharpness import draw

            return draw(path, ax)
        from steepest.pictures.catalogue import draw_path

        return draw_path(path, view, ax, parameters=parameters, scale=scale)

    def animate(
        self, file: str | Path | None = None, view: str | None = None, **options: Any
    ) -> "Film | None":
        """Write a GIF, or an MP4 where ffmpeg is installed, in which the steps appear.

        Without a file the GIF is returned; as the last line of a notebook's cell it is played.

        By default the objective appears, step by step; of a linear module that saw one batch only
        the path over its parameters. The options are those of `Run.animate`.
        """
        from steepest.pictures.animate import animate

        path = self.path
        return animate(path, file, _default(path) if view is None else view, **options)

    def report(self, file: "str | PathLike[str]") -> None:
        """Write a report: one HTML file that needs no network.

        Where module, loss_fn and a batch are known it draws the landscape; the page says how many
        runs of the model that took.
        """
        from steepest.reports.watch_report import write_watch_report

        write_watch_report(self, file)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from steepest.reports.widget import bundle_of

        return bundle_of(self)

    def _repr_html_(self) -> str:
        return self.path._repr_html_()


def _default(path: WatchedPath) -> str | None:
    """What is drawn of a loop: what a run has by default needs the objective beside the path."""
    return None if path.problem.is_quadratic else "objective"
