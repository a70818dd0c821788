"""Moving pictures: how many frames, what is in them, and that a file is whole or absent."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image

import steepest
from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.animate import Film, animate, frame_places
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.scenes import scene_in
from steepest.pictures.subject import Subject


def bowl(epochs: int) -> DescentPath:
    return steepest.minimize("x^2 + 5y^2", start=(4, 1), lr=0.15, epochs=epochs)


@pytest.mark.parametrize("view", [None, "plane", "surface"])
def test_a_frame_for_each_step_and_the_last_one_stays(tmp_path: Path, view: str | None) -> None:
    file = tmp_path / "run.gif"
    animate(bowl(5), file, view, fps=2)  # the last frame is drawn three times
    with Image.open(file) as film:
        assert film.format == "GIF" and film.n_frames == 6  # type: ignore[attr-defined]  # a film
        times, pictures = [], []
        for k in range(6):
            film.seek(k)
            times.append(film.info["duration"])
            pictures.append(film.convert("RGB").tobytes())
    assert times == [500] * 5 + [1500]
    assert len(set(pictures)) == 6
    assert list(tmp_path.iterdir()) == [file]


def test_the_objective_appears_step_by_step() -> None:
    view = ObjectiveView.of(Subject.of(bowl(5)))
    for m in range(1, 7):
        part = view.until(m)
        assert part.training.tolist() == view.training[:m].tolist()
        assert np.isnan(part.chosen) == (m < 6)
    assert len(set(frames_of(animate(bowl(5), view="objective", frames=4)))) == 4


def frames_of(film: Film | None) -> list[bytes]:
    """The pictures of a film that is no file."""
    assert film is not None
    pictures = []
    with Image.open(BytesIO(film.data)) as shown:
        for k in range(shown.n_frames):  # type: ignore[attr-defined]  # a film
            shown.seek(k)
            pictures.append(shown.convert("RGB").tobytes())
    return pictures


@pytest.mark.parametrize("view", ["parameters", "gradient"])
def test_what_is_drawn_by_epoch_can_be_filmed(view: str) -> None:
    assert len(set(frames_of(animate(bowl(5), view=view, frames=3)))) == 3


@pytest.mark.parametrize("view", ["objective", "contour", "surface"])
def test_the_path_of_a_fit_can_be_filmed(view: str) -> None:
    fit = steepest.fit([[1, 2], [2, 1], [3, 5], [4, 3]], [2, 4, 6.5, 8], lr=0.1, epochs=6)
    assert len(set(frames_of(fit.animate(view=view, frames=3)))) == 3


def test_all_runs_are_in_one_film() -> None:
    """At epoch 2 a run of one epoch stands where it ended, and the others have three steps."""
    study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.5, 0.7], epochs=4,
                           stopping=steepest.Stopping(gradient_tolerance=1e-9))  # fmt: skip
    scene = scene_in(study)
    assert scene.epochs == [0.0, 1.0, 2.0, 3.0, 4.0]
    tracks = scene.view.until(3).tracks
    assert [path.index for path in tracks.paths] == [(0, 1, 2), (0, 1), (0, 1, 2)]
    # x - 2 is 5 at the start and times 1 - 2 lr after each step.
    np.testing.assert_allclose(tracks.paths[2].points[:, 0] - 2, [5.0, -2.0, 0.8], rtol=1e-12)
    assert len(set(frames_of(study.animate(frames=3)))) == 3


@pytest.mark.parametrize(
    ("objective", "start", "view"), [("x^2 + 5y^2", (4, 1), "contour"), ("x^2", 7, "objective")]
)
def test_films_of_several_runs(objective: str, start: object, view: str) -> None:
    study = steepest.study(objective, start=start, lr=[0.02, 0.1], epochs=3)
    assert len(set(frames_of(study.animate(view=view)))) == 4


def test_runs_of_a_table_are_filmed_by_epoch() -> None:
    """A batch of ten of a hundred rows is a tenth of an epoch; later ones are drawn whole."""
    study = steepest.compare("sample:noisy-line", batch_size=[10, None], lr=0.1, epochs=8)
    scene = scene_in(study)
    assert scene.epochs == [float(k) for k in range(9)]
    short = steepest.compare("sample:noisy-line", batch_size=[10, None], lr=0.1, epochs=2)
    assert np.allclose(scene_in(short).epochs, [0.1 * k for k in range(11)] + [2.0])
    assert len(set(frames_of(study.animate(frames=3)))) == 3
    with pytest.raises(InputError, match=r"^there is no film of several runs 'surface'"):
        study.animate(view="surface")


def test_of_a_long_path_some_steps_have_a_frame(tmp_path: Path) -> None:
    file = tmp_path / "run.GIF"
    path = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.001, epochs=3000)
    animate(path, file, "curve", frames=5, fps=1)
    with Image.open(file) as film:
        assert film.n_frames == 5  # type: ignore[attr-defined]  # a film


@pytest.mark.parametrize("steps", [1, 2, 7, 80, 81, 400, 1001])
@pytest.mark.parametrize("frames", [2, 3, 8, 80, 1000])
def test_frames_are_bounded_and_hold_both_ends(steps: int, frames: int) -> None:
    places = frame_places(steps, frames)
    assert (places[0], places[-1]) == (0, steps - 1)
    assert list(places) == sorted(set(places))
    assert len(places) <= frames
    assert steps > frames or len(places) == steps


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("run.png", {}, "a moving picture is a .gif or an .mp4 file, not '{}'."),
        ("gone/run.gif", {}, "cannot write {}: there is no folder"),
        (
            "run.gif",
            {"view": "contor"},
            "there is no picture 'contor'; choose one of curve, contour, plane, surface, "
            "objective, parameters, gradient. Did you mean 'contour'?",
        ),
        ("run.gif", {"frames": 1}, "frames must be a whole number from 2 to 1000, not 1."),
        (
            "run.gif",
            {"fps": 0},
            "fps must be a number of pictures a second from 0.1 to 100, not 0.",
        ),
        ("run.gif", {"parameters": ("x", "z")}, "this path has no parameter 'z'; it has x, y."),
    ],
)
def test_what_is_refused(
    tmp_path: Path, name: str, options: dict[str, object], message: str
) -> None:
    file = tmp_path / name
    with pytest.raises(InputError) as caught:
        animate(bowl(2), file, **options)  # type: ignore[arg-type]  # that is the point
    assert str(caught.value).startswith(message.format(file))
    assert list(tmp_path.iterdir()) == []


def test_mp4_needs_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(InputError) as caught:
        animate(bowl(2), tmp_path / "run.mp4")
    assert str(caught.value) == (
        "an MP4 needs ffmpeg, which is not installed; a .gif works without it."
    )


@pytest.mark.skipif(not FFMpegWriter.isAvailable(), reason="ffmpeg is not installed here")
def test_mp4_where_ffmpeg_is(tmp_path: Path) -> None:
    animate(bowl(3), tmp_path / "run.mp4")
    assert (tmp_path / "run.mp4").read_bytes()[4:8] == b"ftyp"


def test_what_was_there_stays_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.gif"
    file.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("steepest.pictures.animate._gif", fail)
    with pytest.raises(RuntimeError):
        animate(bowl(2), file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
