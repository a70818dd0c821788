"""Fits of moments: tomorrow's rows added to yesterday's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest import InputError, Moments

GENERATOR = np.random.default_rng(8)
FEATURES = GENERATOR.standard_normal((300, 3))
TARGET = FEATURES @ [1.0, 2.0, 3.0] + 4.0 + GENERATOR.standard_normal(300)


def moments(first: int = 0, last: int = 300) -> Moments:
    return Moments.of(FEATURES[first:last], TARGET[first:last])


def test_days_add_up_and_a_file_keeps_them(tmp_path: Path) -> None:
    moments(0, 100).save(tmp_path / "monday.steepest")
    total = sum([Moments.load(tmp_path / "monday.steepest"), moments(100, 250), moments(250, 300)])
    found, expected = steepest.fit(total), steepest.fit(FEATURES, TARGET)
    assert found.coefficients == pytest.approx(expected.coefficients, rel=1e-12)
    assert found.inference is not None
    assert expected.inference is not None
    assert found.inference["x2"].standard_error == pytest.approx(
        expected.inference["x2"].standard_error, rel=1e-10
    )
    np.testing.assert_allclose(found.predict(FEATURES), expected.predict(FEATURES), rtol=1e-12)


def test_features_are_chosen_among_those_gathered() -> None:
    found = steepest.fit(moments(), features=["x3", "x1"])
    expected = steepest.fit(FEATURES[:, [2, 0]], TARGET)
    assert list(found.coefficients) == ["x3", "x1"]
    values = list(expected.coefficients.values())
    assert list(found.coefficients.values()) == pytest.approx(values, rel=1e-12)
    assert list(steepest.fit(moments(), exclude=["x2"]).coefficients) == ["x1", "x3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "x1"}, "gathered for the target 'y', not for 'x1'"),
        ({"features": ["x9"]}, "no feature 'x9'; they have x1, x2, x3."),
        ({"weights": "w"}, "weights says how rows are read"),
        ({"missing": "drop"}, "missing says how rows are read"),
        ({"names": ["a"]}, "fit has no argument names="),
        ({"validation": 0.2}, "no rows to hold out"),
        ({"accuracy": "high"}, "reads the rows again"),
    ],
)
def test_what_moments_cannot_do_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        steepest.fit(moments(), **options)
    assert message in str(refused.value)


def test_a_copy_is_taken_on_trust_and_no_digits_are_claimed() -> None:
    doubled = np.column_stack([FEATURES, 2.0 * FEATURES[:, 0]])
    found = steepest.fit(Moments.of(doubled, TARGET))
    assert found.coefficients["x4"] == 0.0
    assert found.digits is not None
    assert set(found.digits.values()) == {0.0}
