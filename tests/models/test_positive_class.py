"""`positive_class`: which of two classes counts as 1, through every door."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, recall_score, roc_auc_score

import steepest
from steepest.results.fit import Fit

_RNG = np.random.default_rng(5)
X = _RNG.normal(size=40)
ILL = X + _RNG.normal(size=40) > 0.3
WORDS = np.where(ILL, "ill", "fit for work")  # in the order of the alphabet "ill" is the last
FRAME = pl.DataFrame({"x": X, "y": WORDS})


@pytest.fixture(scope="module")
def oracle() -> LogisticRegression:
    """scikit-learn's minimum, of which the class that counts as 1 is the second: "fit for work"."""
    return LogisticRegression(C=np.inf, tol=1e-12).fit(X[:, None], ~ILL)


def test_coefficients_probabilities_and_metrics_are_of_the_class(
    oracle: LogisticRegression,
) -> None:
    fit = steepest.fit(FRAME, "y", loss="logistic", positive_class="fit for work")
    assert fit.classes == ("ill", "fit for work")
    assert fit.coefficients["x"] == pytest.approx(oracle.coef_[0, 0], rel=1e-5)
    shares = fit.predict_proba(FRAME)
    np.testing.assert_allclose(shares, oracle.predict_proba(X[:, None]), atol=1e-6)
    predicted, metrics = fit.predict(FRAME), fit.metrics
    chosen = {"pos_label": "fit for work"}
    assert metrics.precision[1] == pytest.approx(precision_score(WORDS, predicted, **chosen))
    assert metrics.recall[1] == pytest.approx(recall_score(WORDS, predicted, **chosen))
    assert metrics.roc_auc == pytest.approx(roc_auc_score(~ILL, shares[:, 1]))
    assert metrics.roc is not None
    hits = [share for _, share in metrics.roc]
    assert hits == sorted(hits)
    assert fit.score(FRAME) == pytest.approx(np.mean(predicted == WORDS))
    assert "the target 'y' is fit for work or ill; fit for work counts as 1" in fit.notes
    assert "coefficient of fit for work" in fit.summary()


def _of_file(folder: Path) -> Fit:
    FRAME.write_csv(folder / "rows.csv")
    return steepest.fit(
        str(folder / "rows.csv"), "y", loss="logistic", positive_class="fit for work"
    )


def _of_arrays(_: Path) -> Fit:
    return steepest.fit(X, WORDS, loss="logistic", positive_class="fit for work")


def _of_engine(_: Path) -> Fit:
    return steepest.fit(FRAME.lazy(), "y", loss="logistic", positive_class="fit for work")


def _of_numbers(_: Path) -> Fit:
    return steepest.fit(X, np.where(ILL, 7.0, 3.0), loss="logistic", positive_class="3")


def _of_moments_of_numbers(_: Path) -> Fit:
    table = pl.DataFrame({"x": X, "y": ILL.astype(int)})
    return steepest.fit(table.lazy(), "y", loss="logistic", positive_class=0)


@pytest.mark.parametrize(
    "door", [_of_file, _of_arrays, _of_engine, _of_numbers, _of_moments_of_numbers]
)
def test_every_door_has_it(door: Any, oracle: LogisticRegression, tmp_path: Path) -> None:
    fit = door(tmp_path)
    assert fit.coefficients["x"] == pytest.approx(oracle.coef_[0, 0], rel=1e-5)
    fit.save(tmp_path / "model.steepest")
    loaded = steepest.load(tmp_path / "model.steepest")
    assert isinstance(loaded, Fit)
    assert loaded.classes == fit.classes
    np.testing.assert_allclose(loaded.predict_proba(X), oracle.predict_proba(X[:, None]), atol=1e-6)
    assert loaded.to_dict()["classes"] == list(fit.classes)


def test_mini_batches_that_are_streamed_have_it(tmp_path: Path) -> None:
    numbers = pl.DataFrame({"x": X, "y": np.where(ILL, 7, 3)})
    numbers.write_csv(tmp_path / "rows.csv")

    def fit(**options: Any) -> Fit:
        batches = steepest.MiniBatches(8, shuffle=False, **options)
        rows = str(tmp_path / "rows.csv")
        return steepest.fit(
            rows, "y", loss="logistic", positive_class=3, batch_size=batches, epochs=3, lr=0.1
        )

    streamed = fit(checkpoint=tmp_path / "run.ckpt")
    assert streamed.classes == ("7", "3")
    assert streamed.coefficients["x"] == pytest.approx(fit().coefficients["x"], rel=1e-9)
    with pytest.raises(steepest.InputError, match="positive class"):
        steepest.fit(
            str(tmp_path / "rows.csv"), "y", loss="logistic", epochs=4, lr=0.1,
            batch_size=steepest.MiniBatches(8, shuffle=False, checkpoint=tmp_path / "run.ckpt"),
        )  # fmt: skip


@pytest.mark.parametrize("label", [False, "False", "false", 0, "0", np.False_])
def test_booleans_by_any_name(label: Any) -> None:
    fit = steepest.fit(X, ILL, loss="logistic", positive_class=label)
    assert fit.classes == ("True", "False")
    assert fit.predict([9.0]).tolist() == [True]


def test_labels_with_blanks_are_told_apart() -> None:
    words = np.where(ILL, " no", "no")
    fit = steepest.fit(X, words, loss="logistic", positive_class=" no")
    assert fit.classes == ("no", " no")


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (WORDS, {"positive_class": "Ill"}, "positive_class is 'Ill', which the target 'y' does not "
     "hold; its classes are 'fit for work', 'ill'"),
    (ILL, {"positive_class": "yes"}, "its classes are 'False', 'True'"),
    (np.arange(40) % 3, {"positive_class": 1, "loss": "multinomial"}, "positive_class=1 chooses "
     "one of two classes, and the target 'y' has 3; leave it out"),
    (X, {"positive_class": 1, "loss": "squared"}, "positive_class is of two classes, and squared "
     "loss predicts a number"),
    (ILL, {"positive": "ill"}, "positive must be True or False, not 'ill'"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "options", "message"), REFUSED)
def test_what_is_refused(target: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(steepest.InputError) as caught:
        steepest.fit(X, target, **{"loss": "logistic", **options})
    assert message in str(caught.value)
