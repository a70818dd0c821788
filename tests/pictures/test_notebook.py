"""Pictures where people look for them: in an executed notebook, and on pyplot's figures."""

import base64
from pathlib import Path
from typing import Any

import nbformat
import pytest
from matplotlib import pyplot
from nbclient import NotebookClient

import steepest
from steepest.reports import widget
from steepest.reports.widget import VIEW, bundle_of

CELLS = (
    "import steepest\nfit = steepest.fit([1, 2, 3, 4], [2, 4, 6.5, 7.9])\nfit",
    "fit.plot()",
    "run = steepest.minimize('x^2 + y^2', start=(3, 2), lr=0.1, epochs=5)\nrun.plot()",
    "steepest.study('x^2', start=3, lr=[0.1, 0.4], epochs=5).plot();",
    "run.animate(frames=3)",
    "from matplotlib import pyplot as plt\nfigure, axes = plt.subplots(1, 2)\n"
    "for place, view in zip(axes, ['objective', 'line']):\n    fit.plot(view, place)",
    "fit",
)


def test_a_notebook_shows_every_picture_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MPLBACKEND")  # the tests' own
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(book, timeout=None, kernel_name="python3").execute(cwd=str(tmp_path))
    shown = [[data for each in cell.outputs if (data := each.get("data"))] for cell in book.cells]
    pictures = [sum("image/png" in data for data in cell) for cell in shown]
    assert pictures == [0, 1, 1, 1, 0, 1, 0]
    (film,) = shown[4]
    assert film["text/html"].startswith('<img src="data:image/gif;base64,')
    (table,) = shown[0]
    assert table["text/html"].count("<tr>") == 3  # heads, the slope, the intercept
    assert "<th>std. error</th>" in table["text/html"]
    # The widget beside its fallback, which holds a picture too; and its state, with the module.
    assert [any(VIEW in data for data in cell) for cell in shown] == [True, *[False] * 5, True]
    assert table["text/html"].count('<img alt="objective" src="data:image/png;base64,') == 1
    kept = book.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    model = kept[table[VIEW]["model_id"]]["state"]
    assert dict(model["sheet"]["values"])["x"] == pytest.approx(fit_of(CELLS[0]).coefficients["x"])
    assert "render" in model["_esm"]


def fit_of(cell: str) -> steepest.Fit:
    """What the first cell of the notebook makes."""
    made: dict[str, Any] = {}
    exec(cell, made)
    fit: steepest.Fit = made["fit"]
    return fit


def test_outside_of_notebooks_no_widget_is_made() -> None:
    assert bundle_of(fit_of(CELLS[0])) == {}


def test_without_anywidget_there_are_table_and_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "_is_notebook", lambda: True)
    monkeypatch.setattr(widget, "find_spec", lambda name: None)
    for shown in (
        fit_of(CELLS[0]),
        steepest.minimize("x^2 + y^2", (1, 2), lr=0.1, epochs=3),
        steepest.study("x^2", start=3, lr=[0.1, 0.4], epochs=5),
    ):
        data = shown._repr_mimebundle_()
        assert list(data) == ["text/html"]
        assert "<table>" in data["text/html"] and "image/png;base64" in data["text/html"]


def test_a_graph_of_a_formula_opens_in_its_room() -> None:
    made = steepest.graph("3*(a + b*c)", a=5, b=3, c=2)
    room = "room=graph&graph=formula%3D3%252A%2528a%2B%252B%2Bb%252Ac%2529%26inputs%3D5%252C3%252C2"
    assert made.page_state == room
    assert steepest.graph(lambda x: x**2, x=3).page_state == ""


def test_without_axes_a_picture_is_pyplots() -> None:
    fit = steepest.fit([1, 2, 3], [2, 4, 7])
    first = fit.plot()
    assert [first.figure.number] == pyplot.get_fignums()
    second = fit.plot("line")
    assert second.figure is not first.figure  # what is drawn is not drawn over
    assert len(pyplot.get_fignums()) == 2


def test_an_empty_figure_or_axes_of_the_user_is_drawn_on() -> None:
    run = steepest.minimize("x^2", start=3, lr=0.1, epochs=5)
    mine = pyplot.figure(figsize=(9, 3))
    assert run.plot().figure is mine
    figure, (left, right) = pyplot.subplots(1, 2)
    pyplot.sca(left)
    assert run.plot("objective") is left
    pyplot.sca(right)
    assert run.plot() is right
    assert run.plot().figure is not figure


@pytest.mark.parametrize("view", ["surface", "plane", "contour"])
def test_every_kind_of_axes_is_pyplots(view: str) -> None:
    run = steepest.minimize("x^2 + 3*y^2", start=(3, 2), lr=0.1, epochs=5)
    axes: Any = run.plot(view)
    assert axes.figure is pyplot.gcf()


def test_a_film_can_be_saved(tmp_path: Path) -> None:
    film = steepest.minimize("x^2", start=3, lr=0.1, epochs=3).animate(frames=3)
    assert film is not None
    assert film.data[:6] == b"GIF89a"
    film.save(tmp_path / "a.gif")
    assert (tmp_path / "a.gif").read_bytes() == film.data
    assert base64.b64encode(film.data).decode() in film._repr_html_()
    with pytest.raises(steepest.errors.InputError, match=r"give a name that ends in \.gif"):
        film.save(tmp_path / "a.mp4")


def test_a_fit_is_drawn_on_the_scale_that_is_asked_for() -> None:
    fit = steepest.fit([1, 2, 3, 4], [2, 4, 6.5, 7.9])
    assert fit.plot(scale="linear").get_yscale() == "linear"
    assert fit.plot(scale="log").get_yscale() == "log"
    with pytest.raises(steepest.errors.InputError, match="a scale is for pictures by epoch"):
        fit.plot("line", scale="log")


def test_steps_by_their_place() -> None:
    run = steepest.minimize("x^2", start=3, lr=0.1, epochs=5)
    assert run[-1].index == run.last.index == 5
    assert [step.index for step in run[1:3]] == [1, 2]
    assert run[0].parameters == pytest.approx([3.0])
    with pytest.raises(IndexError):
        run[6]
    assert [step.index for step in run[::-2]] == [5, 3, 1] and len(run) == 6
    for place, error in ((6, IndexError), (-7, IndexError), ("x", TypeError)):
        with pytest.raises(error) as caught:
            run[place]  # type: ignore[index]  # that is the point
        assert str(caught.value) == (
            f"a path has its 6 recorded steps by their places, not {place!r}; at(k) is step k, and "
            "table() has a column for each parameter"
        )
    study = steepest.study("x^2", start=3, lr=[0.1, 0.2], epochs=1)
    assert study[-1] is study["lr 0.2"]
    with pytest.raises(IndexError, match=r"^this study has no run 2; it has 2, from 0 on$"):
        study[2]
