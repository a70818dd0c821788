"""Values, gradients and curvature where the literature says the minima are."""

from typing import Any

import numpy as np
import pytest
import torch

from steepest.errors import InputError
from steepest.formula.parse import parse
from steepest.problems.known_functions import DIMENSIONS, KNOWN, KnownFunction, known

FAMILIES = ("Ackley", "bowl", "Rastrigin", "Rosenbrock", "Styblinski-Tang")
MEMBERS = [
    *KNOWN.values(),
    *(known(name, dimensions) for name in FAMILIES for dimensions in (3, 7)),
]
LEAST = [(one, point) for one in MEMBERS for point in one.minima]
LABELS = [f"{one.name}-{len(one.names)}-{point[0]:.3g}" for one, point in LEAST]
at_every_minimum = pytest.mark.parametrize(("function", "point"), LEAST, ids=LABELS)


def value(function: KnownFunction, points: Any) -> np.ndarray:
    at = torch.tensor(np.asarray(points), dtype=torch.float64)
    result: np.ndarray = parse(function.formula).to_torch()(at).numpy()
    return result


def hessian(function: KnownFunction, point: tuple[float, ...]) -> np.ndarray:
    at = torch.tensor(point, dtype=torch.float64)
    result: np.ndarray = torch.autograd.functional.hessian(
        parse(function.formula).to_torch(), at
    ).numpy()
    return result


def test_the_list() -> None:
    assert list(KNOWN) == [
        "Ackley",
        "Beale",
        "Booth",
        "bowl",
        "Himmelblau",
        "Matyas",
        "Rastrigin",
        "Rosenbrock",
        "saddle",
        "Styblinski-Tang",
    ]


@pytest.mark.parametrize("function", MEMBERS, ids=lambda one: f"{one.name}-{len(one.names)}")
def test_everything_has_the_shape_of_the_names(function: KnownFunction) -> None:
    assert parse(function.formula).names == function.names
    for point in (function.start, *function.minima, *function.stationary):
        assert len(point) == len(function.names) == len(function.bounds)
        inside = [low <= x <= high for x, (low, high) in zip(point, function.bounds, strict=True)]
        assert all(inside)
    assert np.isfinite(value(function, function.start))
    assert function.source


@at_every_minimum
def test_the_least_value_is_taken_there(function: KnownFunction, point: tuple[float, ...]) -> None:
    assert function.minimum is not None
    # Ackley's exp(1) − e leaves a rounding error; the others are exact, or rounded coordinates.
    assert value(function, point) == pytest.approx(function.minimum, rel=1e-14, abs=1e-12)


@at_every_minimum
def test_the_gradient_is_zero_there(function: KnownFunction, point: tuple[float, ...]) -> None:
    at = torch.tensor(point, dtype=torch.float64)
    slope = torch.autograd.functional.jacobian(parse(function.formula).to_torch(), at)
    if function.name == "Ackley":
        # A cone: the gradient at its tip is not defined, nor is it small beside it.
        assert value(function, at.numpy() + 1e-6) > 1e-6
        return
    assert slope.abs().max() < 1e-12 * max(1.0, np.abs(hessian(function, point)).max())


@at_every_minimum
def test_all_around_it_is_higher(function: KnownFunction, point: tuple[float, ...]) -> None:
    steps = np.random.default_rng(5).standard_normal((200, len(point)))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    for distance in (1e-3, 1e-2, 0.1):
        assert (value(function, point + distance * steps) > function.minimum).all()


@at_every_minimum
def test_nothing_in_the_window_is_lower(function: KnownFunction, point: tuple[float, ...]) -> None:
    low, high = np.array(function.bounds).T
    points = np.random.default_rng(6).uniform(low, high, (5000, len(point)))
    assert function.minimum is not None
    assert value(function, points).min() >= function.minimum


@at_every_minimum
def test_the_second_derivative_is_positive_definite(
    function: KnownFunction, point: tuple[float, ...]
) -> None:
    if function.name == "Ackley":
        return  # a cone has none
    assert np.linalg.eigvalsh(hessian(function, point)).min() > 0.0


# As published: value and point to the digits that are commonly given.
@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("Rosenbrock", (-1.2, 1.0), 24.2),
        ("Himmelblau", (-0.270845, -0.923039), 181.617),
        ("Himmelblau", (-2.805118, 3.131312), 0.0),
        ("Himmelblau", (-3.779310, -3.283186), 0.0),
        ("Himmelblau", (3.584428, -1.848126), 0.0),
        ("Styblinski-Tang", (-2.903534, -2.903534), -78.33233),
        ("Beale", (1.0, 1.0), 14.203125),
        ("Booth", (0.0, 0.0), 74.0),
        ("Matyas", (1.0, 1.0), 0.04),
        ("Rastrigin", (0.5, 0.5), 40.5),
        ("Rastrigin", (4.52299366, 4.52299366), 80.70658039),
        ("Ackley", (1.0, 1.0), 20.0 * (1.0 - np.exp(-0.2))),
        ("saddle", (3.0, 2.0), 5.0),
    ],
)
def test_published_values(name: str, point: tuple[float, ...], expected: float) -> None:
    assert value(known(name), point) == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_rosenbrock_and_rastrigin_as_scipy_writes_them() -> None:
    from scipy.optimize import rosen

    points = np.random.default_rng(1).uniform(-2.0, 2.0, (20, 7))
    assert value(known("rosenbrock", 7), points) == pytest.approx(rosen(points.T))
    rastrigin = 70 + (points**2 - 10 * np.cos(2 * np.pi * points)).sum(axis=1)
    assert value(known("rastrigin", 7), points) == pytest.approx(rastrigin)


def test_the_saddle_has_no_minimum() -> None:
    saddle = known("saddle")
    assert (saddle.minima, saddle.minimum, saddle.stationary) == ((), None, ((0.0, 0.0),))
    assert np.linalg.eigvalsh(hessian(saddle, (0.0, 0.0))).tolist() == [-2.0, 2.0]


@pytest.mark.parametrize("condition", [1, 1.5, 10.0, 1e3, 66_031.0, 1e12])
@pytest.mark.parametrize("dimensions", [2, 3, 10])
def test_the_bowl_has_the_condition_number_that_was_chosen(
    dimensions: int, condition: float
) -> None:
    bowl = known("bowl", dimensions, condition)
    eigenvalues = np.diag(hessian(bowl, (0.0,) * dimensions))
    assert np.count_nonzero(hessian(bowl, bowl.start)) == dimensions
    assert eigenvalues.max() / eigenvalues.min() == pytest.approx(condition, rel=1e-15)
    ratios = eigenvalues[1:] / eigenvalues[:-1]
    assert ratios == pytest.approx(condition ** (1 / (dimensions - 1)))


@pytest.mark.parametrize("name", FAMILIES)
def test_as_many_dimensions_as_allowed_can_be_parsed(name: str) -> None:
    function = known(name, DIMENSIONS)
    assert function.names == tuple(f"x{i}" for i in range(1, 51))
    assert parse(function.formula).names == function.names
    (point,) = function.minima
    assert value(function, point) == pytest.approx(function.minimum, rel=1e-13, abs=1e-12)


@pytest.mark.parametrize(
    "name", ["Styblinski-Tang", "styblinski tang", "STYBLINSKITANG", "styblinski_tang"]
)
def test_a_name_may_be_written_in_several_ways(name: str) -> None:
    assert known(name) is KNOWN["Styblinski-Tang"]


def test_one_dimension() -> None:
    assert known("bowl", 1).formula == "0.5*x1^2"
    assert known("styblinski-tang", 1).minimum == pytest.approx(-39.16616570377142)


def test_two_dimensions_are_the_ones_that_are_listed() -> None:
    for name in FAMILIES:
        assert known(name, dimensions=2) == KNOWN[name]
    assert known("Booth", dimensions=2) is KNOWN["Booth"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "ROSENBROK",
            {},
            "No known function is named 'ROSENBROK'. Did you mean 'rosenbrock'? There are "
            f"{', '.join(KNOWN)}.",
        ),
        (
            "Booth",
            {"dimensions": 3},
            "Booth has 2 dimensions, not 3; Ackley, bowl, Rastrigin, Rosenbrock, Styblinski-Tang "
            "can have others.",
        ),
        ("rosenbrock", {"dimensions": 1}, "Rosenbrock has 2 to 50 dimensions, not 1."),
        ("ackley", {"dimensions": 51}, "Ackley has 1 to 50 dimensions, not 51."),
        ("ackley", {"dimensions": 2.5}, "Ackley has 1 to 50 dimensions, not 2.5."),
        ("beale", {"condition": 10}, "Beale has no condition to choose; bowl has."),
        (
            "bowl",
            {"condition": 0.5},
            "A condition number lies between 1 and 1e15; 0.5 does not.",
        ),
        (
            "bowl",
            {"dimensions": 1, "condition": 5},
            "A bowl of one dimension has the condition number 1.",
        ),
    ],
)
def test_what_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        known(name, **options)
    assert str(caught.value) == message
