"""Files of fits that earlier versions wrote load, and give back what they gave back then."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.reports.fit_report import render_report

FOLDER = Path(__file__).parent / "old_files"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
NAMES = tuple(EXPECTED["fits"])
# What is computed again from triangles may be rounded otherwise on another machine.
CLOSE = 1e-9


@pytest.fixture(scope="module", params=NAMES)
def pair(request: pytest.FixtureRequest) -> tuple[steepest.Fit, dict[str, Any]]:
    fit = steepest.load(FOLDER / f"{request.param}.steepest")
    assert isinstance(fit, steepest.Fit)
    return fit, EXPECTED["fits"][request.param]


def test_the_numbers_are_the_same(pair: tuple[steepest.Fit, dict[str, Any]]) -> None:
    fit, then = pair
    assert isinstance(fit, steepest.Fit)
    assert (fit.coefficients, fit.intercept) == (then["coefficients"], then["intercept"])
    assert (fit.epochs, list(fit.notes)) == (then["epochs"], then["notes"])
    assert fit.objective == pytest.approx(then["objective"], rel=CLOSE)
    assert fit.initial_objective == pytest.approx(then["initial_objective"], rel=CLOSE)
    predictions = fit.predict(np.array(EXPECTED["new"])).tolist()
    assert predictions == (
        then["predictions"]
        if fit.classes is not None
        else pytest.approx(then["predictions"], rel=CLOSE)
    )


def test_the_words_are_the_same(pair: tuple[steepest.Fit, dict[str, Any]]) -> None:
    fit, then = pair
    assert str(fit.verdict) == then["verdict"]
    assert str(fit.forecast) == then["forecast"]


def test_json_has_every_key_and_value_that_it_had(
    pair: tuple[steepest.Fit, dict[str, Any]],
) -> None:
    fit, then = pair
    differing(fit.to_dict(), then["json"])


def differing(now: Any, then: Any) -> None:
    """Every value that there was is there: numbers to rounding, all else exactly."""
    if isinstance(then, dict):
        for key, value in then.items():
            differing(now[key], value)
    elif isinstance(then, list):
        assert len(now) == len(then)
        for one, other in zip(now, then, strict=True):
            differing(one, other)
    elif isinstance(then, float):
        assert now == pytest.approx(then, rel=1e-6, abs=1e-12)
    else:
        assert now == then


def test_the_report_holds_its_numbers(pair: tuple[steepest.Fit, dict[str, Any]]) -> None:
    fit, then = pair
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", render_report(fit))
    missing = {cell for cell in then["cells"] if re.search(r"\d\.\d", cell)} - set(cells)
    # Learning rates are told in the table of steps where they differ.
    assert missing <= {f"{fit.learning_rate:.6g}"}


def test_a_file_that_is_saved_again_is_of_the_one_form(
    pair: tuple[steepest.Fit, dict[str, Any]], tmp_path: Path
) -> None:
    fit, _ = pair
    fit.save(tmp_path / "a.steepest")
    again = steepest.load(tmp_path / "a.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.to_dict() == fit.to_dict()
    assert again.summary() == fit.summary()
