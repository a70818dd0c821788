"""Digits of losses with kinks, against the vertex itself, solved in fractions."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from scipy.optimize import linprog

import steepest


def rows(seed: int, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Features of any scale and offset, and a target."""
    rng = np.random.default_rng(seed)
    plain = rng.normal(size=(60, 2))
    line = plain @ [1.5, -0.7] + 0.3
    if loss == "hinge":
        target = (line + rng.normal(size=60) > 0.0).astype(float)
    else:
        target = 10.0 ** rng.uniform(-6, 6) * (line + rng.standard_t(2, 60))
    offset = rng.choice([0.0, 1.0, 1e3], 2)
    return 10.0 ** rng.uniform(-6, 6, 2) * (plain + offset), target


def vertex(features: np.ndarray, target: np.ndarray, found: np.ndarray, loss: str) -> np.ndarray:
    """The parameters at which the three rows nearest to their kinks lie exactly there."""
    table = np.column_stack([features, np.ones(len(target))])
    goal = 2.0 * target - 1.0 if loss == "hinge" else target
    nearest = np.argsort(np.abs(goal - table @ found))[:3]
    matrix = sympy.Matrix(3, 3, [sympy.Rational(Fraction(v)) for v in table[nearest].ravel()])
    right = sympy.Matrix([sympy.Rational(Fraction(v)) for v in goal[nearest].tolist()])
    return np.array([float(value) for value in matrix.LUsolve(right)])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("loss", ["absolute", "quantile:0.1", "quantile:0.9", "hinge"])
def test_digits_are_those_that_agree_with_the_vertex(loss: str, seed: int) -> None:
    features, target = rows(seed, loss)
    fit = steepest.fit(features, target, loss=loss)
    ours = np.array([*fit.coefficients.values(), fit.intercept])
    known = vertex(features, target, ours, loss)
    true = -np.log10(np.maximum(np.abs((ours - known) / known), 2e-16))
    assert fit.verdict.kind == "converged"
    assert fit.digits is not None
    stated = np.array([*fit.digits.values()])
    assert (stated <= true + 0.3).all()
    assert (stated >= np.minimum(true, 15.5) - 1.5).all()


def test_a_whole_face_of_minima_has_no_digits() -> None:
    """Any line between the middle two of each group is as good as another."""
    fit = steepest.fit([0.0] * 4 + [1.0] * 4, [0.0, 1, 3, 9, 2, 4, 7, 8], loss="absolute")
    assert fit.verdict.kind == "converged"
    assert fit.digits is None
    assert any("the minimum is not unique: 'x' may be " in note for note in fit.notes)
    # A penalty on x leaves one, and so do rows that determine it.
    alone: list[dict[str, Any]] = [{"ridge": 0.1}, {"l1": 0.1}, {"loss": "quantile:0.3"}]
    for other in alone:
        given = {"loss": "absolute", **other}
        fit = steepest.fit([0.0] * 4 + [1] * 4, [0.0, 1, 3, 9, 2, 4, 7, 8], **given)
        assert not any("not unique" in note for note in fit.notes)


def test_a_line_of_minima_is_told_from_end_to_end() -> None:
    """Of two groups of an even number the medians may be anywhere between two rows: with a slope
    beside them the minimum is a line. Its ends are those of a linear program.
    """
    random = np.random.default_rng(5)
    group = np.repeat([0.0, 1.0], 20)
    slope = random.normal(size=40)
    target = slope + group + random.normal(size=40)
    fit = steepest.fit(np.column_stack([slope, group]), target, loss="absolute")
    (line,) = (note for note in fit.facts if note.kind == "other minima")
    table = np.column_stack([slope, group, np.ones(40)])
    equations = np.hstack([table, np.eye(40), -np.eye(40)])
    given: dict[str, Any] = {
        "A_eq": equations,
        "b_eq": target,
        "bounds": [(None, None)] * 3 + [(0, None)] * 80,
    }
    cost = np.append(np.zeros(3), np.full(80, 1 / 40))
    least = linprog(cost, **given).fun
    assert fit.objective == pytest.approx(least, rel=1e-12)
    place = fit.names.index(line.values["name"])
    for end, sign in (("low", 1.0), ("high", -1.0)):
        ask = sign * np.eye(83)[place]
        known = linprog(ask, A_ub=[cost], b_ub=[least * (1 + 1e-12)], **given).x[place]
        assert line.values[end] == pytest.approx(known, abs=1e-6)
