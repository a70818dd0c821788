"""Fewer rows than parameters: what the note and the error propose, and that it works as typed."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

import steepest
from steepest.cli.main import main
from steepest.errors import NotUniqueError
from steepest.tables.holdout_split import Split

RNG = np.random.default_rng(3)
X = RNG.normal(size=(30, 60))
Y = X[:, :3].sum(axis=1) + RNG.normal(size=30)


def few_rows(fit: steepest.Fit) -> Any:
    return next(each for each in fit.facts if each.kind == "more parameters than rows").values


def held_out_loss(strength: float) -> float:
    """The mean over the five folds of the held-out mean squared error, by scikit-learn."""
    fold = Split.cross_validation(5, 0).part(np.arange(30))
    losses = []
    for part in range(5):
        here, there = X[fold != part], X[fold == part]
        mean, spread = here.mean(axis=0), here.std(axis=0)
        # The penalty of scikit-learn is of the sum of the rows' losses.
        model = Ridge(alpha=strength * len(here)).fit((here - mean) / spread, Y[fold != part])
        losses.append(np.square(model.predict((there - mean) / spread) - Y[fold == part]).mean())
    return float(np.mean(losses))


def test_the_ridge_that_held_out_rows_prefer_is_proposed() -> None:
    strength = few_rows(steepest.fit(X, Y))["ridge"]
    losses = [held_out_loss(float(each)) for each in np.geomspace(1e-2, 1e2, 40)]
    assert held_out_loss(strength) <= min(losses) * (1 + 1e-2)
    again = steepest.fit(X, Y, ridge=strength)
    assert not again.left_out
    assert again.verdict.kind == "converged"


def wide(tmp_path: Path, columns: dict[str, int]) -> Path:
    """A file of 24 rows with columns of text of so many levels, and a number."""
    frame = pd.DataFrame(
        {name: [f"{name}{row % levels}" for row in range(20)] for name, levels in columns.items()}
    )
    frame["x"], frame["y"] = RNG.normal(size=20), RNG.normal(size=20)
    file = tmp_path / "wide.csv"
    frame.to_csv(file, index=False)
    return file


@pytest.mark.parametrize(
    ("columns", "levels", "left"),
    # Of 20 rows 10 parameters: the intercept, x, and 8 of two columns (3 levels and the rest).
    [({"a": 13, "b": 11}, 4, 10), ({"a": 5, "b": 12, "c": 8}, 2, 8)],
)
def test_levels_that_leave_two_rows_to_a_parameter(
    tmp_path: Path, columns: dict[str, int], levels: int, left: int
) -> None:
    file = wide(tmp_path, columns)
    found = few_rows(steepest.fit(file, target="y"))
    assert (found["levels"], found["left"], found["exclude"]) == (levels, left, [])
    fit = steepest.fit(steepest.read(file, levels=levels), target="y")
    assert len(fit.features) + 1 == left
    assert all(each.kind != "columns beyond rows" for each in fit.facts)


def test_columns_to_leave_out_where_no_levels_do(tmp_path: Path) -> None:
    frame = pd.DataFrame(RNG.normal(size=(6, 3)), columns=["x1", "x2", "y"])
    frame["a, b"], frame["c"], frame["d"] = [*"pqrrqp"], [*"pprqrq"], [*"qrppqr"]
    found = few_rows(steepest.fit(frame, target="y"))
    assert (found["levels"], found["exclude"], found["left"]) == (None, ["a, b", "c"], 5)
    fit = steepest.fit(frame, target="y", exclude=["a, b", "c"])
    assert len(fit.names) == 5


@pytest.mark.parametrize("option", ["--ridge", "--levels"])
def test_the_command_line_proposes_its_own_options(
    tmp_path: Path, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = wide(tmp_path, {"a": 13, "b": 11})

    def run(*further: str) -> str:
        monkeypatch.setattr("sys.argv", ["steepest", "fit", str(file), "--target", "y", *further])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 0
        return " ".join(capsys.readouterr().out.split())

    proposed = re.search(rf"{option} [\d.]+(?=\W)", run())
    assert proposed is not None
    assert "too few for" not in run(*shlex.split(proposed[0]))


@pytest.mark.parametrize(("loss", "way"), [("huber", "ridge='path'"), ("absolute", "a ridge pen")])
def test_other_losses_are_told_how_to_ask(loss: str, way: str) -> None:
    fit = steepest.fit(X, Y, loss=loss)
    assert fit.notes[-1].startswith(f"30 rows are too few for 61 parameters: {way}")
    with pytest.raises(NotUniqueError, match="not unique; " + way):
        steepest.fit(X, Y, loss=loss, dependent="error")


def test_the_error_proposes_the_same() -> None:
    strength = few_rows(steepest.fit(X, Y))["ridge"]
    with pytest.raises(NotUniqueError, match=rf"not unique; ridge={strength:g} keeps every column"):
        steepest.fit(X, Y, dependent="error")
