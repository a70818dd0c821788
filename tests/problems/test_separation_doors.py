"""Rows that are separated, by construction: what every door says of them."""

import warnings
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from sklearn.exceptions import ConvergenceWarning

import steepest
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor
from steepest.models import gathered_rows

N = 24
ROW = np.arange(N)
MIXED = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0] * 2)
WAVE = np.round(np.sin(ROW * 1.7), 3)


def table(target: Any, **columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"t": np.asarray(target), **columns})


# Loss, rows, and the columns along which the objective falls for ever.
CASES: dict[str, tuple[str, pl.DataFrame, set[str]]] = {
    "complete: a threshold": ("logistic", table(ROW > 9, x=ROW * 1.0), {"x"}),
    "complete: far from 0": ("logistic", table(ROW > 15, x=1e6 + 1e-3 * ROW, z=WAVE), {"x", "z"}),
    "complete: a flag": ("logistic", table(ROW % 2, x=ROW % 2 * 1.0, z=WAVE), {"x"}),
    "quasi: one group always 1": (
        "logistic",
        table(np.where(ROW < 4, 1, MIXED), x=(ROW < 4) * 1.0, z=WAVE),
        {"x"},
    ),
    "quasi: one group always 0": (
        "logistic",
        table(np.where(ROW > 20, 0, MIXED), x=(ROW > 20) * 5.0, z=WAVE),
        {"x"},
    ),
    "quasi: a tie at the threshold": (
        "logistic",
        table(np.where(ROW == 9, 0, ROW > 8), x=np.where(ROW == 8, 9.0, ROW), z=np.zeros(N)),
        {"x"},
    ),
    "a level that is always 1": (
        "logistic",
        table(np.where(ROW % 3 == 1, 1, MIXED), x=np.array(["a", "b", "c"])[ROW % 3], z=WAVE),
        {"x[b]"},
    ),
    "the first level is always 1": (
        "logistic",
        table(np.where(ROW % 3 == 0, 1, MIXED), x=np.array(["a", "b", "c"])[ROW % 3], z=WAVE),
        {"x[b]", "x[c]"},
    ),
    "two levels that are always 0": (
        "logistic",
        table(np.where(ROW % 4 > 1, 0, MIXED), x=np.array(["a", "b", "c", "d"])[ROW % 4], z=WAVE),
        {"x[c]", "x[d]"},
    ),
    "a group of zero counts": (
        "poisson",
        table(np.where(ROW < 5, 0, 1 + ROW % 4), x=(ROW < 5) * 1.0, z=WAVE),
        {"x"},
    ),
    "a level of zero counts": (
        "poisson",
        table(np.where(ROW % 3 == 2, 0, 1 + ROW % 4), x=np.array(["a", "b", "c"])[ROW % 3], z=WAVE),
        {"x[c]"},
    ),
    "counts beyond a threshold only": (
        "poisson",
        table(np.where(ROW < 20, 0, 2), x=np.where(ROW < 20, ROW - 30.0, 0.0), z=(ROW < 20) * WAVE),
        {"x"},
    ),
    "three classes in order": ("multinomial", table(ROW // 8, x=ROW * 1.0), {"x"}),
    "one class of three apart": (
        "multinomial",
        table(np.where(ROW < 8, 2, MIXED), x=np.where(ROW < 8, -50.0, WAVE)),
        {"x"},
    ),
    "a flag of one class": (
        "multinomial",
        table(np.where(ROW < 5, 2, MIXED), x=(ROW < 5) * 1.0, z=WAVE),
        {"x"},
    ),
}


def named(fit: steepest.Fit) -> set[str]:
    """The columns of the verdict, without their classes."""
    (separated,) = (each for each in fit.verdict.reasons if each.kind == "separated")
    return {name.split(" [class")[0] for name in separated.values["columns"]}


IN_DUCKDB = ("a level that is always 1", "a level of zero counts", "a flag of one class")
DOORS = [(name, door) for name in CASES for door in ("memory", "polars", "file")]


@pytest.mark.parametrize(("name", "door"), [*DOORS, *((name, "duckdb") for name in IN_DUCKDB)])
def test_the_direction_and_its_columns_are_named(
    name: str, door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, frame, columns = CASES[name]
    source: Any = frame
    if door == "file":  # as one that is larger than memory
        monkeypatch.setattr(gathered_rows, "memory_bytes", lambda: 1.0)
        source = tmp_path / "rows.csv"
        frame.write_csv(source)
    elif door != "memory":
        source = frame.lazy() if door == "polars" else duckdb.sql("select * from frame")
    fit = steepest.fit(source, target="t", loss=loss)
    assert fit.verdict.kind == "no minimum"
    assert named(fit) >= columns
    if not name.startswith(("complete", "three", "counts", "one class", "a flag of")):
        assert named(fit) == columns  # the others move along any column a little
    assert "ridge" in fit.verdict.advice
    assert fit.inference is None
    fixed = steepest.fit(source, target="t", loss=loss, ridge=0.01)
    assert fixed.verdict.kind == "converged"


@pytest.mark.parametrize("name", CASES)
def test_estimators_warn_and_ridge_calms_them(name: str) -> None:
    loss, frame, _ = CASES[name]
    rows = (
        frame.drop("t").to_dummies("x", drop_first=True)
        if frame["x"].dtype == pl.String
        else (frame.drop("t"))
    )
    features, target = rows.to_numpy().astype(float), frame["t"].to_numpy()
    kind: Any = GradientDescentRegressor if loss == "poisson" else GradientDescentClassifier
    loss = "logistic" if loss == "multinomial" else loss
    with pytest.warns(ConvergenceWarning, match="falls for ever.*ridge"):
        kind(loss=loss).fit(features, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind(loss=loss, ridge=0.01).fit(features, target)


@pytest.mark.parametrize("door", ["memory", "polars"])
def test_rows_with_a_minimum_are_not_separated(door: str) -> None:
    frame = table(MIXED, x=(ROW < 4) * 1.0, z=WAVE)
    fit = steepest.fit(frame if door == "memory" else frame.lazy(), target="t", loss="logistic")
    assert fit.verdict.kind == "converged"
