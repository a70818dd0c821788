"""A path as a moving picture: the steps appear one after another."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.errors import InputError, nearest
from steepest.path.path import DescentPath
from steepest.pictures.scenes import SCENES, Scene, View, default_scene, scene_of
from steepest.pictures.style import INK
from steepest.pictures.subject import Subject
from steepest.storage.atomic_write import StrPath, check_writable, write_bytes
from steepest.storage.temporary_files import temporary_folder
from steepest.wording.numbers import count, number

MOST_FRAMES = 1000
_FIRST = 10  # steps that all have a frame
_HOLD = 1.5  # seconds that the last picture stays
_DPI = 100
_ENDINGS = {".gif": PillowWriter, ".mp4": FFMpegWriter}


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

    `view`: "curve" (one parameter), "contour", "plane" (of the path's two main directions) or
    "surface"; `parameters` chooses what a curve or contour is drawn over. A path has as many frames
    as steps that the picture shows, at most `frames`: of a long one the first steps, then some that
    are evenly spread, and the last, which stays for a second and a half. The name's end, .gif or
    .mp4, decides what is written; the file is there whole or not at all.

    Raises InputError for another name, view or number, and for MP4 without ffmpeg; OutputError
    where writing fails.
    """
    ending = _ending(file)
    _check(frames, fps)
    check_writable(file)
    name = default_scene(path.names) if view is None else _known(view)
    scene = scene_of(Subject.of(path), name, parameters)
    writer: AbstractMovieWriter = _ENDINGS[ending](fps=fps)
    with temporary_folder("steepest-film-") as folder:
        whole = folder / f"film{ending}"
        _film(scene, writer, whole, frames, max(1, round(_HOLD * fps)))
        write_bytes(file, [whole.read_bytes()])


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


def _film(scene: Scene, writer: AbstractMovieWriter, file: Path, frames: int, hold: int) -> None:
    axes, figure = _stage(scene)
    steps: list[Artist] = []
    places = frame_places(len(scene.view.index), frames)
    with writer.saving(figure, str(file), _DPI):
        for place in places:
            for artist in steps:
                artist.remove()
            steps = _draw_steps(scene, place + 1, axes)
            axes.set_title(_title(scene.view, place), fontsize=9.5, color=INK, loc="right")
            for _ in range(hold if place == places[-1] else 1):
                writer.grab_frame()


def _stage(scene: Scene) -> tuple[Axes, Figure]:
    """What stands still, the legend of all that will come included, in its final place."""
    axes = scene.draw()
    figure = axes.figure
    assert isinstance(figure, Figure)
    axes.set_title(_title(scene.view, 0), fontsize=9.5, color=INK, loc="right")
    legend = axes.get_legend()
    for artist in [*axes.lines, *axes.collections]:
        artist.remove()
    scene.standing(axes)
    if legend is not None:
        axes.legend_ = legend
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return axes, figure


def _draw_steps(scene: Scene, m: int, axes: Axes) -> list[Artist]:
    before = set(axes.get_children())
    scene.steps(m, axes)
    return [artist for artist in axes.get_children() if artist not in before]


def _title(view: View, place: int) -> str:
    objective = number(float(view.step_objectives[place])).replace("-", "−")
    return f"epoch {count(float(view.index[place]))}, objective {objective}"


def _known(view: str) -> str:
    if view not in SCENES:
        raise InputError(
            f"there is no moving picture {view!r}; choose one of {', '.join(SCENES)}."
            f"{nearest(view, SCENES)}"
        )
    return view


def _ending(file: StrPath) -> str:
    ending = Path(file).suffix.lower()
    if ending not in _ENDINGS:
        raise InputError(f"a moving picture is a .gif or an .mp4 file, not {str(file)!r}.")
    if ending == ".mp4" and not FFMpegWriter.isAvailable():
        raise InputError("an MP4 needs ffmpeg, which is not installed; a .gif works without it.")
    return ending


def _check(frames: int, fps: float) -> None:
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise InputError(f"frames must be a whole number from 2 to {MOST_FRAMES}, not {frames!r}.")
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0.1 <= fps <= 100.0:
        raise InputError(f"fps must be a number of pictures a second from 0.1 to 100, not {fps!r}.")
