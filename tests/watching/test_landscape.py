"""Truth in pictures: the landscape is the objective of the model, and of the path where it lies."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import steepest
from steepest.errors import InputError
from steepest.pictures.landscape import LandscapeView
from steepest.watching.measure.landscape import main_directions
from steepest.wording.fact import text_of


def trained(model: nn.Module, x: Any, y: Any, steps: int = 30, lr: float = 0.1) -> Any:
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss()
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run.path


def line() -> tuple[nn.Module, Any, Any]:
    torch.manual_seed(0)
    x = torch.linspace(-1.0, 2.0, 20).double()[:, None]
    return nn.Linear(1, 1).double(), x, 3 * x + 0.8


def network() -> tuple[nn.Module, Any, Any]:
    torch.manual_seed(3)
    x = torch.randn(40, 2).double()
    return nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1)).double(), x, x[:, :1] ** 2


def direct(model: nn.Module, x: Any, y: Any, parameters: np.ndarray) -> float:
    """The loss with these parameters written into the model."""
    nn.utils.vector_to_parameters(torch.tensor(parameters, dtype=x.dtype), model.parameters())
    with torch.no_grad():
        return float(nn.functional.mse_loss(model(x), y))


@pytest.mark.parametrize("directions", ["path", "random"])
def test_every_point_is_the_objective_there(directions: Any) -> None:
    model, x, y = network()
    path = trained(model, x, y)
    found = steepest.landscape(
        model, nn.MSELoss(), (x, y), path, directions=directions, points=(6, 5)
    )
    assert found.objective.shape == (5, 6)
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (8, 2))
    values = found.at(points)
    grid = found.full(np.stack(np.meshgrid(found.x, found.y), axis=-1))
    for value, place in zip(values, found.full(points), strict=True):
        assert value == pytest.approx(direct(model, x, y, place), rel=1e-12)
    for value, place in zip(found.objective.ravel(), grid.reshape(30, -1), strict=True):
        assert value == pytest.approx(direct(model, x, y, place), rel=1e-12)


def test_a_path_of_two_parameters_lies_on_the_plane() -> None:
    model, x, y = line()
    path = trained(model, x, y)
    found = steepest.landscape(model, nn.MSELoss(), (x, y), path, points=(5, 4))
    assert found.distances.max() < 1e-14
    assert found.held.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(found.at(found.points)[:-1], found.recorded[:-1], rtol=1e-10)
    np.testing.assert_allclose(found.full(found.points), [s.parameters for s in path], atol=1e-13)
    assert LandscapeView.of(found).exact.all()
    assert text_of(LandscapeView.of(found).notes).endswith("Every step lies on it.")


def test_steps_on_the_plane_of_a_larger_model_have_their_recorded_objective() -> None:
    model, x, y = network()
    path = trained(model, x, y, steps=2)  # three points span a plane
    found = steepest.landscape(model, nn.MSELoss(), (x, y), path, points=(3, 3))
    assert found.distances.max() < 1e-14
    np.testing.assert_allclose(found.at(found.points)[:-1], found.recorded[:-1], rtol=1e-11)


def test_the_distance_from_the_plane_is_stated() -> None:
    model, x, y = network()
    found = steepest.landscape(model, nn.MSELoss(), (x, y), trained(model, x, y), points=(3, 3))
    steps = np.array([step.parameters for step in trained(*network())])
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-14)
    _, lengths, rows = np.linalg.svd(steps - steps[-1], full_matrices=False)
    np.testing.assert_allclose(np.abs(np.diag(found.directions @ rows[:2].T)), 1.0, rtol=1e-10)
    np.testing.assert_allclose(found.held, lengths[:2] ** 2 / (lengths**2).sum(), rtol=1e-8)
    move = steps - steps[-1]
    off = np.linalg.norm(move - move @ rows[:2].T @ rows[:2], axis=1)
    np.testing.assert_allclose(found.distances, off, atol=1e-12)
    assert f"up to {found.distances.max():.3g}"[:9] in text_of(LandscapeView.of(found).notes)
    np.testing.assert_array_equal(found.index, range(31))


def test_random_directions_have_filters_as_long_as_the_models() -> None:
    torch.manual_seed(5)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))
    batch = (torch.randn(6, 1, 4, 4), torch.randint(0, 2, (6,)))
    before = [value.clone() for value in model.state_dict().values()]
    found = steepest.landscape(model, nn.CrossEntropyLoss(), batch, points=(3, 3), seed=4)
    sizes = [value.numel() for value in model.parameters()]
    for direction in found.directions:
        for part, value in zip(
            np.split(direction, np.cumsum(sizes)[:-1]), model.parameters(), strict=True
        ):
            if value.ndim < 2:
                assert not part.any()
                continue
            rows, ours = part.reshape(len(value), -1), value.detach().reshape(len(value), -1)
            np.testing.assert_allclose(
                np.linalg.norm(rows, axis=1), ours.norm(dim=1).numpy(), rtol=1e-6
            )
    with torch.no_grad():
        expected = float(nn.functional.cross_entropy(model(batch[0]), batch[1]))
    model.load_state_dict(dict(zip(model.state_dict(), before, strict=True)))
    assert found.objective[1, 1] == pytest.approx(expected, rel=1e-6)
    again = steepest.landscape(model, nn.CrossEntropyLoss(), batch, points=(3, 3), seed=4)
    np.testing.assert_array_equal(found.objective, again.objective)


def test_the_model_stays_as_it_is_and_dropout_draws_the_same_everywhere() -> None:
    torch.manual_seed(6)
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 1))
    x = torch.randn(10, 2)
    before = [v.clone() for v in (*model.state_dict().values(), torch.get_rng_state())]
    found = steepest.landscape(model, nn.MSELoss(), (x, x[:, :1]), points=(3, 3))
    after = (*model.state_dict().values(), torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    centre = np.zeros((4, 2))
    assert len(set(found.at(centre).tolist())) == 1


def test_frozen_parameters_do_not_vary() -> None:
    model, x, y = network()
    next(model.parameters()).requires_grad_(False)
    path = trained(model, x, y, steps=4)
    found = steepest.landscape(model, nn.MSELoss(), (x, y), path, points=(3, 3))
    assert np.abs(found.directions[:, :12]).max() < 1e-15
    bare = steepest.landscape(model, nn.MSELoss(), (x, y), points=(3, 3))
    assert bare.origin.shape == (13,)


def test_an_array_of_steps_is_a_path() -> None:
    model, x, y = line()
    steps = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.5]])
    found = steepest.landscape(model, nn.MSELoss(), (x, y), steps, points=(3, 3))
    assert found.at(found.points)[1] == pytest.approx(direct(model, x, y, steps[1]), rel=1e-12)


def test_a_straight_path_still_has_a_plane() -> None:
    rows = main_directions(np.outer(np.arange(4.0), [3.0, 0.0, 4.0]))
    np.testing.assert_allclose(rows, [[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]], atol=1e-15)


def test_what_the_picture_says() -> None:
    model, x, y = network()
    axes = steepest.landscape(model, nn.MSELoss(), (x, y), trained(model, x, y)).plot()
    assert axes.get_xlabel().startswith("main direction 1: ")
    assert axes.get_xlabel().endswith("% of the motion")
    names = axes.get_legend_handles_labels()[1]
    assert names == ["steps", "steps, projected", "start", "last, step 30"]
    bare = steepest.landscape(model, nn.MSELoss(), (x, y), points=(9, 7)).plot()
    assert bare.get_legend_handles_labels()[1] == ["model"]


def test_a_path_that_does_not_fit_is_told() -> None:
    model, x, y = network()
    with pytest.raises(InputError, match="the path has 3 numbers a step, the model 25 parameters"):
        steepest.landscape(model, nn.MSELoss(), (x, y), np.zeros((4, 3)))
    with pytest.raises(InputError, match="no step of the path has finite parameters"):
        steepest.landscape(model, nn.MSELoss(), (x, y), np.full((4, 25), np.nan))
    with pytest.raises(InputError, match="directions of a path need the path"):
        steepest.landscape(model, nn.MSELoss(), (x, y), directions="path")
    with pytest.raises(InputError, match="needs two parameters; this model has one"):
        steepest.landscape(nn.Linear(1, 1, bias=False), nn.MSELoss(), (x, y), np.zeros((2, 1)))
