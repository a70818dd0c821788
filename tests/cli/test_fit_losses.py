"""`steepest fit --loss`, `--l1`, `--batch-size` and what follows from them."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import steepest
from steepest.cli.main import main
from steepest.models.prediction_table import prediction_lines
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

PENGUINS = str(Path(__file__).parents[2] / "examples" / "penguins.csv")


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capfd.readouterr())

    return command


@pytest.fixture
def fit(run: Run) -> Run:
    return lambda *arguments: run("fit", PENGUINS, "--missing", "drop", *arguments)


def test_a_classifier_is_fitted_saved_shown_and_predicts(
    run: Run, fit: Run, tmp_path: Path
) -> None:
    model = str(tmp_path / "m.steepest")
    options = ("--target", "sex", "--loss", "logistic", "--ridge", "0.01", "--exclude", "year")
    fitted = fit(*options, "--save", model)
    assert fitted.returncode == 0
    assert "333 rows, 8 features; standardised for the descent; logistic loss, ridge 0.01" in (
        fitted.stdout
    )
    assert "the target 'sex' is male or female; male counts as 1" in fitted.stdout
    assert "coefficient of male" in fitted.stdout and "accuracy 0.9" in fitted.stdout
    assert run("show", model).stdout == fitted.stdout
    predicted = run("predict", model, PENGUINS)
    rows = list(csv.DictReader(io.StringIO(predicted.stdout)))
    assert len(rows) == 344 and rows[3]["prediction"] == rows[3]["probability_male"] == ""
    right = [row["sex"] == row["prediction"] for row in rows if row["prediction"]]
    assert sum(right) / len(right) > 0.85
    loaded = steepest.load(model)
    assert isinstance(loaded, steepest.Fit)
    shares = [float(row["probability_male"]) for row in rows if row["prediction"]]
    known = loaded.predict_proba(PENGUINS)[:, 1]
    assert shares == known[~np.isnan(known)].tolist()


def test_json_has_what_docs_promise(fit: Run) -> None:
    told = json.loads(fit("--target", "species", "--loss", "multinomial", "--json",
                          "--validation", "0.3", "--epochs", "30").stdout)  # fmt: skip
    assert told["classes"] == list(told["coefficients"]) == ["Adelie", "Chinstrap", "Gentoo"]
    assert told["loss"] == "multinomial" and told["batch_size"] is None
    assert set(told["validation"]) == {
        "rows", "folds", "objective", "best_epoch", "best_objective", "r2", "rmse", "metrics",
    }  # fmt: skip
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    for key in told:
        assert f"`{key}`" in documented


def test_mini_batches_end_after_the_epochs_asked_for(fit: Run, tmp_path: Path) -> None:
    options = ("--target", "body_mass_g", "--loss", "huber", "--delta", "100", "--l1", "0.5")
    done = fit(*options, "--batch-size", "16", "--epochs", "5", "--average", "--no-shuffle")
    assert done.returncode == 0
    assert "huber 100.0 loss, L1 0.5" in done.stdout and "5 epochs" in done.stdout
    checkpoint = ("--checkpoint", str(tmp_path / "c.ckpt"), "--batch-size", "16", "--epochs")
    part, whole = fit(*options, *checkpoint, "2"), fit(*options, *checkpoint, "4")
    assert part.returncode == whole.returncode == 0 and "4 epochs" in whole.stdout
    refused = fit(*options, "--seed", "9", *checkpoint, "4")
    assert refused.returncode == 2 and "seed was 0 and is 9" in refused.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--loss", "logistc"), "Did you mean 'logistic'?"),
        (("--loss", "logistic"), "has 3 classes (Adelie, Chinstrap, Gentoo)"),
        ((), "the target 'species' is text"),
        (("--loss", "multinomial", "--batch-size", "9999"), "there are 333 rows to train on"),
        (("--loss", "multinomial", "--folds", "3"), "folds are for squared loss"),
    ],
)
def test_slips_are_one_line(fit: Run, options: tuple[str, ...], said: str) -> None:
    done = fit("--target", "species", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


def test_tables_of_matrices_are_written_with_their_predictions() -> None:
    x = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.5]])
    model = steepest.fit(x, [1.0, 2.0, 4.0], l1=0.1)
    table = open_table(x, names=["x1", "x2"])
    assert isinstance(table, Table)
    rows = list(csv.DictReader(io.StringIO("".join(prediction_lines(model, table)))))
    assert [float(row["x2"]) for row in rows] == [1.0, 3.0, 5.5]
    assert [float(row["prediction"]) for row in rows] == model.predict(x).tolist()
