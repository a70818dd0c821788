"""Pictures of loops that have little to show: one step, one finite value, none."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import steepest
from steepest.errors import InputError
from steepest.pictures.picture import LeftOut
from steepest.results.watch import Watch

NAN = float("nan")


def loop(losses: list[float], gradient: float = 1.0, **options: Any) -> Watch:
    """A loop of one number whose losses are these, plus 0 times it."""
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer, every=1, **options) as run:
        for loss in losses:
            optimizer.zero_grad()
            total = gradient * w.sum()
            run.loss(total - total.detach() + loss).backward()
            optimizer.step()
    return run


def dots(ax: Any) -> list[list[float]]:
    """What is marked by dots: [x, y]."""
    points = []
    for line in ax.lines:
        if line.get_marker() == "o":
            places = line.get_markevery()
            xy = line.get_xydata()
            points += (xy if places is None else xy[places]).tolist()
    return [point for point in points if np.isfinite(point).all()]


def test_one_finite_objective_of_many_is_a_dot() -> None:
    ax = loop([0.5] + 60 * [NAN]).plot()
    assert dots(ax) == [[0.0, 0.5]]
    said = " ".join(ax.figure.get_supxlabel().split())
    assert (
        said
        == "Only step 0 has a value that can be drawn. At step 1 the objective is not a number."
    )


def test_a_value_between_gaps_is_a_dot_and_neighbours_are_a_line() -> None:
    ax = loop([1.0, 2.0, NAN, 4.0, NAN] + 25 * [3.0, 2.0]).plot()
    assert dots(ax) == [[3.0, 4.0]]


def test_one_finite_gradient_of_many_is_a_dot() -> None:
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.0)
    with steepest.watch({"w": w}, optimizer, every=1) as run:
        for step in range(60):
            optimizer.zero_grad()
            run.loss(w.sum() * (3.0 if step == 0 else 0.0)).backward()
            optimizer.step()
    assert dots(run.plot("gradient")) == [[0.0, pytest.approx(3.0 * 2.0**0.5)]]


def test_a_loop_whose_losses_are_all_nan_says_so() -> None:
    run = loop(50 * [NAN])
    for view in (None, "objective"):
        with pytest.raises(LeftOut, match=r"^At no step has the objective a number for its value"):
            run.plot(view)
        with pytest.raises(LeftOut, match=r"^At no step has the objective a number for its value"):
            run.animate(view=view)


def test_a_gradient_that_is_never_finite_is_left_out() -> None:
    with pytest.raises(LeftOut, match=r"^From step 0 on the gradient is not finite"):
        loop([1.0, 1.0], gradient=NAN).plot("gradient")


def test_a_loop_of_one_step_has_all_its_pictures() -> None:
    run = loop([0.7])
    assert dots(run.plot()) == [[0.0, 0.7]]
    assert len(dots(run.plot("parameters"))) == 6
    assert dots(run.plot("gradient")) == [[0.0, pytest.approx(3.0**0.5)]]
    assert run.animate(frames=2) is not None


def test_a_loop_is_animated_by_default_where_it_is_plotted() -> None:
    film = loop([1.0, 0.5, 0.3, 0.2]).animate(fps=1)
    assert film is not None
    with Image.open(BytesIO(film.data)) as shown:
        assert shown.n_frames == 4  # type: ignore[attr-defined]  # a film


def test_there_is_no_landscape_around_parameters_that_are_not_finite() -> None:
    model = torch.nn.Linear(2, 1)
    torch.nn.init.constant_(model.weight, NAN)
    x = torch.ones(4, 2)
    with pytest.raises(InputError, match="parameters of the model are nan or infinite"):
        steepest.landscape(model, torch.nn.MSELoss(), (x, x[:, :1]), points=(3, 3))
