"""A path as a moving picture: the steps appear one after another."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.picture import checked
from steepest.pictures.scenes import FILMS, Scene, View, default_scene, scene_of
from steepest.pictures.style import INK, Axes
from steepest.pictures.subject import Subject
from steepest.storage.atomic_write import StrPath, check_writable, write_bytes
from steepest.storage.temporary_files import temporary_folder
from steepest.wording.fact import phrase

MOST_FRAMES = 1000
_FIRST = 10  # steps that all have a frame
_HOLD = 1.5  # seconds that the last picture stays
_DPI = 100


@final
@dataclass(frozen=True, repr=False)
class Film:
    """A moving picture; a notebook plays it, and `save` writes it. `data` is a GIF."""

    data: bytes

    def save(self, file: StrPath) -> None:
        """Write it. Raises InputError for a name that does not end in .gif, and OutputError."""
        if Path(file).suffix.lower() != ".gif":
            raise InputError(f"this moving picture is a GIF; give a name that ends in .gif: {file}")
        write_bytes(file, [self.data])

    def __repr__(self) -> str:
        return f"Film({len(self.data):,} bytes)"

    def _repr_html_(self) -> str:
        return f'<img src="data:image/gif;base64,{b64encode(self.data).decode()}">'


def film(
    path: DescentPath,
    view: str | None = None,
    *,
    parameters: Sequence[str] | None = None,
    frames: int = 80,
    fps: float = 10.0,
) -> Film:
    """The GIF that `animate` writes, to be looked at in a notebook."""
    _check(frames, fps)
    return Film(_filmed(path, ".gif", view, parameters, frames, fps))


def animate(
    path: DescentPath,
    file: StrPath,
    view: str | None = None,
    *,
    parameters: Sequence[str] | None = None,
    frames: int = 80,
    fps: float = 10.0,
) -> None:
    """Write a GIF, or an MP4 where ffmpeg is installed, in which the steps of a path appear.

    `view`: "curve" (one parameter), "contour", "plane" (of the path's two main directions),
    "surface" or "objective" (over the steps); `parameters` chooses what a curve or contour is drawn
    over. A path has as many frames as steps that the picture shows, at most `frames`: of a long one
    the first steps, then some that are evenly spread, and the last, which stays for a second and a
    half. The name's end, .gif or .mp4, decides what is written; the file is there whole or not at
    all.

    Raises InputError for another name, view or number, and for MP4 without ffmpeg; OutputError
    where writing fails.
    """
    ending = _ending(file)
    _check(frames, fps)
    check_writable(file)
    write_bytes(file, [_filmed(path, ending, view, parameters, frames, fps)])


def _filmed(
    path: DescentPath,
    ending: str,
    view: str | None,
    parameters: Sequence[str] | None,
    frames: int,
    fps: float,
) -> bytes:
    """The film as the bytes of a file with that ending."""
    from matplotlib.animation import FFMpegWriter, PillowWriter

    name = default_scene(path.names) if view is None else checked(view, FILMS, "moving picture")
    scene = scene_of(Subject.of(path), name, parameters)
    writers: dict[str, Any] = {".gif": PillowWriter, ".mp4": FFMpegWriter}
    with temporary_folder("steepest-film-") as folder:
        whole = folder / f"film{ending}"
        _film(scene, writers[ending](fps=fps), whole, frames, max(1, round(_HOLD * fps)))
        return whole.read_bytes()


def frame_places(steps: int, frames: int) -> tuple[int, ...]:
    """Which of so many steps have a frame: all, or the first few, then evenly, and the last.

    >>> frame_places(4, 80), frame_places(1001, 8)
    ((0, 1, 2, 3), (0, 1, 2, 202, 401, 601, 800, 1000))
    """
    if steps <= frames:
        return tuple(range(steps))
    first = min(_FIRST, frames // 4)
    rest = np.linspace(float(first), steps - 1.0, frames - first).round().astype(int)
    return tuple(sorted({*range(first), *rest.tolist()}))


def _film(scene: Scene, writer: Any, file: Path, frames: int, hold: int) -> None:
    axes, figure = _stage(scene)
    steps: list[Any] = []
    places = frame_places(len(_frames(scene.view)[0]), frames)
    with writer.saving(figure, str(file), _DPI):
        for place in places:
            for artist in steps:
                artist.remove()
            steps = _draw_steps(scene, place + 1, axes)
            axes.set_title(_title(scene, place), fontsize=9.5, color=INK, loc="right")
            for _ in range(hold if place == places[-1] else 1):
                writer.grab_frame()


def _stage(scene: Scene) -> tuple[Axes, Any]:
    """The background, the legend of all that will come included, in its final place."""
    axes = scene.plot(scene.view, None)
    figure: Any = axes.figure
    axes.set_title(_title(scene, 0), fontsize=9.5, color=INK, loc="right")
    legend = axes.get_legend()
    for artist in [*axes.lines, *axes.collections]:
        artist.remove()
    scene.draw_background(scene.view, axes)
    if legend is not None:
        axes.legend_ = legend
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return axes, figure


def _draw_steps(scene: Scene, m: int, axes: Axes) -> list[Any]:
    before = set(axes.get_children())
    scene.draw_steps(scene.view.until(m), axes)
    return [artist for artist in axes.get_children() if artist not in before]


def _title(scene: Scene, place: int) -> str:
    epochs, objectives = _frames(scene.view)
    return phrase("frame", unit=scene.unit, epoch=epochs[place], objective=objectives[place])


def _frames(view: View) -> tuple[list[float], list[float]]:
    """The epoch and the objective of each step that the picture shows."""
    if isinstance(view, ObjectiveView):
        return view.epochs.tolist(), (view.training + view.base).tolist()
    return [float(k) for k in view.path.index], view.path.objectives.tolist()


def _ending(file: StrPath) -> str:
    from matplotlib.animation import FFMpegWriter

    ending = Path(file).suffix.lower()
    if ending not in (".gif", ".mp4"):
        raise InputError(f"a moving picture is a .gif or an .mp4 file, not {str(file)!r}.")
    if ending == ".mp4" and not FFMpegWriter.isAvailable():
        raise InputError("an MP4 needs ffmpeg, which is not installed; a .gif works without it.")
    return ending


def _check(frames: int, fps: float) -> None:
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise InputError(f"frames must be a whole number from 2 to {MOST_FRAMES}, not {frames!r}.")
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0.1 <= fps <= 100.0:
        raise InputError(f"fps must be a number of pictures a second from 0.1 to 100, not {fps!r}.")
