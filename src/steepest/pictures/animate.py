"""A path as a moving picture: the steps appear one after another."""

import warnings
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias, final

import numpy as np

from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures.fonts import choose_fonts
from steepest.pictures.scenes import Scene, scene_in
from steepest.pictures.style import INK, Axes
from steepest.storage.atomic_write import StrPath, check_file_name, check_writable, write_bytes
from steepest.storage.temporary_files import temporary_folder
from steepest.wording.fact import phrase

Result: TypeAlias = DescentPath | FitData | SeveralPaths

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
        check_file_name(file)
        if Path(file).suffix.lower() != ".gif":
            raise InputError(
                "this moving picture is a GIF; give a name that ends in .gif: {file}", file=file
            )
        write_bytes(file, [self.data])

    def __repr__(self) -> str:
        return f"Film({len(self.data):,} bytes)"

    def _repr_html_(self) -> str:
        return f'<img src="data:image/gif;base64,{b64encode(self.data).decode()}">'


def animate(
    result: Result,
    file: StrPath | None = None,
    view: str | None = None,
    *,
    parameters: Sequence[str] | None = None,
    frames: int = 80,
    fps: float = 10.0,
) -> Film | None:
    """Write a GIF, or an MP4 where ffmpeg is installed, in which the steps of a path, of a fit or
    of several runs appear; without a file the GIF is returned.

    `view` is any picture of a path; of several runs "curve", "contour" or "objective". `parameters`
    chooses what a curve, contour or surface is drawn over. There are as many frames as steps that
    the picture shows, of several runs as epochs at which any has one, at most `frames`: of a long
    path the first steps, then some that are evenly spread, and the last, which stays for a second
    and a half. The name's end, .gif or .mp4, decides what is written; the file is there whole or
    not at all.

    Raises InputError for another name, view or number, and for MP4 without ffmpeg; OutputError
    where writing fails.
    """
    _check(frames, fps)
    if file is None:
        return Film(_filmed(scene_in(result, view, parameters), ".gif", frames, fps))
    ending = _ending(file)
    check_writable(file)
    write_bytes(file, [_filmed(scene_in(result, view, parameters), ending, frames, fps)])
    return None


def _filmed(scene: Scene, ending: str, frames: int, fps: float) -> bytes:
    """The film as the bytes of a file with that ending."""
    places = frame_places(len(scene.epochs), frames)
    return (_gif if ending == ".gif" else _mp4)(scene, places, fps, max(1, round(_HOLD * fps)))


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


def _gif(scene: Scene, places: Sequence[int], fps: float, hold: int) -> bytes:
    """Each picture is drawn once, and the last one shown for as long as `hold` of them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    axes, figure = _stage(scene)
    figure.set_dpi(_DPI)
    canvas: Any = FigureCanvasAgg(figure)  # untyped

    def pictures() -> Iterator[Image.Image]:
        for _ in _frames(scene, places, axes):
            canvas.draw()
            yield Image.fromarray(np.array(canvas.buffer_rgba())).convert("RGB")

    shown, times = pictures(), [int(1000 / fps)] * len(places)
    times[-1] *= hold
    film = BytesIO()
    next(shown).save(film, "GIF", save_all=True, append_images=shown, duration=times, loop=0)
    return film.getvalue()


def _mp4(scene: Scene, places: Sequence[int], fps: float, hold: int) -> bytes:
    from matplotlib.animation import FFMpegWriter

    axes, figure = _stage(scene)
    maker: Any = FFMpegWriter  # its stubs want a whole number of pictures a second
    writer = maker(fps=fps)
    with temporary_folder("steepest-film-") as folder:
        whole = folder / "film.mp4"
        with writer.saving(figure, str(whole), _DPI):
            for place in _frames(scene, places, axes):
                for _ in range(hold if place == places[-1] else 1):
                    writer.grab_frame()
        return whole.read_bytes()


def _frames(scene: Scene, places: Sequence[int], axes: Axes) -> Iterator[int]:
    """The places, each when its steps and its title are on the axes."""
    steps: list[Any] = []
    for place in places:
        for artist in steps:
            artist.remove()
        steps = _draw_steps(scene, place + 1, axes)
        axes.set_title(_title(scene, place), fontsize=9.5, color=INK, loc="right")
        yield place


def _stage(scene: Scene) -> tuple[Axes, Any]:
    """The background, the legend of all that will come included, in its final place."""
    axes = scene.plot(scene.view, None)
    figure: Any = axes.figure
    axes.set_title(_title(scene, 0), fontsize=9.5, color=INK, loc="right")
    legend = axes.get_legend()
    for artist in [*axes.lines, *axes.collections, *axes.texts]:
        artist.remove()
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # they stay
    scene.draw_background(scene.view, axes)
    if legend is not None:
        axes.legend_ = legend
    for told in choose_fonts(figure):
        warnings.warn(str(told), stacklevel=2)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return axes, figure


def _draw_steps(scene: Scene, m: int, axes: Axes) -> list[Any]:
    before = set(axes.get_children())
    scene.draw_steps(scene.view.until(m), axes)
    return [artist for artist in axes.get_children() if artist not in before]


def _title(scene: Scene, place: int) -> str:
    reached = scene.objectives[place] if scene.objectives else np.nan
    return phrase("frame", unit=scene.unit, epoch=scene.epochs[place], objective=reached)


def _ending(file: StrPath) -> str:
    from matplotlib.animation import FFMpegWriter

    check_file_name(file)
    ending = Path(file).suffix.lower()
    if ending not in (".gif", ".mp4"):
        raise InputError(
            "a moving picture is a .gif or an .mp4 file, not {file!r}.", file=str(file)
        )
    if ending == ".mp4" and not FFMpegWriter.isAvailable():
        raise InputError("an MP4 needs ffmpeg, which is not installed; a .gif works without it.")
    return ending


def _check(frames: int, fps: float) -> None:
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise InputError(
            "frames must be a whole number from 2 to {MOST_FRAMES}, not {frames!r}.",
            MOST_FRAMES=MOST_FRAMES,
            frames=frames,
        )
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0.1 <= fps <= 100.0:
        raise InputError(
            "fps must be a number of pictures a second from 0.1 to 100, not {fps!r}.", fps=fps
        )
