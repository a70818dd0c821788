"""What the page is told of results: numbers that others computed too, and nothing JSON lacks."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import steepest
from steepest.errors import InputError
from steepest.pictures.chart import Chart, series
from steepest.reports.drawn import sent
from steepest.reports.sheet import sheet_of, to_json


def told(result: object) -> dict[str, Any]:
    """The sheet as the page gets it."""
    return json.loads(to_json(sheet_of(result)))


def chart(sheet: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in sheet["charts"] if each["name"] == name)


def test_a_run_of_a_parabola() -> None:
    """x ← x − 0.1 (2x − 4) from 7, where f = x² − 4x + 5 is least 1 at 2."""
    sheet = told(steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30))
    points = [2 + 5 * 0.8**k for k in range(31)]
    heights = [(x - 2) ** 2 + 1 for x in points]
    objective = chart(sheet, "objective")["series"][0]
    assert objective["x"] == list(range(31))
    assert objective["y"] == pytest.approx(heights, rel=1e-6)
    above = chart(sheet, "objective-log")
    assert above["y"]["kind"] == "log"
    assert above["series"][0]["y"] == pytest.approx([h - 1 for h in heights], rel=1e-5)
    walked = next(s for s in chart(sheet, "curve")["series"] if s.get("look") == "path")
    assert walked["x"] == pytest.approx(points, rel=1e-6)
    assert walked["steps"] == sheet["steps"] == list(range(31))
    values = dict(sheet["values"])
    assert values["x"] == pytest.approx(points[-1], rel=1e-12)
    assert values["objective at the end"] == pytest.approx(heights[-1], rel=1e-12)
    assert sheet["state"] == "formula=x%2A%2A2+-+4%2Ax+%2B+5&run=7.0+SGD+0.1+0.0&steps=30"


def test_contours_are_the_objective_on_a_grid() -> None:
    sheet = told(steepest.minimize("x^2 + 10*y^2", (3, 1), lr=0.05, epochs=20))
    picture = chart(sheet, "contour")
    ground, (x, y) = picture["ground"], (picture["x"], picture["y"])
    across = np.linspace(x["low"], x["high"], ground["columns"])
    up = np.linspace(y["low"], y["high"], ground["rows"])
    heights = (across[None, :] ** 2 + 10 * up[:, None] ** 2).ravel()
    drawn = np.array(ground["excess"]) + ground["base"]
    assert np.abs(drawn - heights).max() <= 1e-3 * heights.max()


def test_a_fit_has_the_coefficients_of_statsmodels() -> None:
    generator = np.random.default_rng(3)
    x = generator.normal(size=(40, 2))
    y = x @ [1.5, -2.0] + generator.normal(size=40)
    sheet = told(steepest.fit(x, y))
    least = sm.OLS(y, sm.add_constant(x)).fit()
    values = dict(sheet["values"])
    assert [values["intercept"], values["x1"], values["x2"]] == pytest.approx(least.params)
    heads, rows = sheet["tables"][0]["heads"], sheet["tables"][0]["rows"]
    place = heads.index("std. error")
    assert float(rows[0][place]) == pytest.approx(least.bse[1], rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "has"),
    (
        ({"optimizer": "adam", "lr": 0.1, "epochs": 5}, True),
        ({"lr": 0.1, "momentum": 0.5, "nesterov": True, "epochs": 5}, True),
        ({"optimizer": steepest.optimizers.Adam(betas=(0.8, 0.9)), "lr": 0.1, "epochs": 5}, False),
        ({"lr": "step:0.1,step_size=3", "epochs": 5}, False),
        ({"optimizer": "newton"}, False),
        ({"lr": 0.1, "bounds": {"x": (0, 1)}, "epochs": 5}, False),
    ),
)
def test_the_formula_room_is_offered_only_where_it_makes_the_same_run(
    arguments: dict[str, Any], has: bool
) -> None:
    sheet = sheet_of(steepest.minimize("x^2", start=1, **arguments))
    assert (sheet.state != "") == has


def test_what_is_not_finite_is_null() -> None:
    run = steepest.minimize("x^4", start=10, lr=1.0, epochs=20)
    text = to_json(sheet_of(run)).decode()
    assert "NaN" not in text and "Infinity" not in text
    assert sheet_of(run).tone == "bad"


def test_names_are_text_and_cannot_turn_it_round() -> None:
    rows = pd.DataFrame({"<img src=x>\u202e": [1.0, 2, 3, 4], "y": [1.0, 2, 3, 5]})
    fit = steepest.fit(rows, "y")
    assert "\u202e" not in to_json(sheet_of(fit)).decode()


def test_a_long_curve_keeps_its_extremes() -> None:
    values = np.sin(np.arange(100_000) / 7.0)
    values[54_321] = 9.0
    curve = series(np.arange(100_000), values)
    (thinned,) = sent(Chart(series=[curve]), "sine", "Sine").series
    assert len(thinned.x) <= 1_202
    assert (thinned.x[0], thinned.x[-1], max(filter(None, thinned.y))) == (0, 99_999, 9.0)


def test_what_is_no_result_is_said() -> None:
    with pytest.raises(InputError, match="not 3"):
        sheet_of(3)


def test_steps_without_an_objective_are_crosses_on_the_floor() -> None:
    """From 3 at rate 3 the second step of log(x) + x²/10 is at −14.92, where no logarithm is."""
    run = steepest.minimize("log(x) + x^2/10", start=3, lr=3, epochs=50)
    crosses = next(s for s in chart(told(run), "curve")["series"] if s.get("look") == "cross")
    assert crosses["x"] == pytest.approx([-14.92], rel=1e-3)
    assert crosses["y"][0] is not None


def test_a_heading_says_that_there_are_more_columns() -> None:
    table = steepest.read(
        [[1, 2, 4, 1, 0], [2, 1, 0, 3, 1], [3, 5, 1, 0, 2], [4, 4, 2, 2, 5]], names=[*"abcde"]
    )
    title = sheet_of(steepest.fit(table, [1.0, 2.0, 4.0, 3.0], ridge=0.1)).title
    assert title == "y explained by a, b, c, d and 1 more"
