"""Squared loss with L1, elastic net or bounds: a descent on moments, wherever the rows are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import ElasticNet, Lasso
from sklearn.preprocessing import StandardScaler

import steepest
from steepest.descent.stopping import Stopping
from steepest.models import on_moments
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.results.fit import Fit
from steepest.tables.frames.lazy import open_lazy

random = np.random.default_rng(3)
X = random.normal(size=(500, 4)) * [1.0, 20.0, 0.1, 3.0] + [5.0, 50.0, 1.0, -3.0]
Y = X @ [0.8, 0.05, -4.0, 0.0] + random.normal(size=500)
WEIGHTS = random.integers(0, 4, 500).astype(float)
NAMES = ["a", "b", "c", "d"]


def fit(source: Any = X, target: Any = Y, **options: Any) -> Fit:
    found = steepest.fit(source, target, **options)
    assert isinstance(found, Fit)
    assert isinstance(found.path.problem, MomentsProblem)
    return found


def by_rows(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Fit:
    """The same descent, over the rows."""
    with monkeypatch.context() as patch:
        patch.setattr(on_moments, "suits_moments", lambda *_: False)
        found = steepest.fit(X, Y, **options)
    assert isinstance(found, Fit)
    assert not isinstance(found.path.problem, MomentsProblem)
    return found


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_the_minimum_is_scikit_learns(ridge: float) -> None:
    found = fit(l1=0.6, ridge=ridge, tolerance=1e-16)
    standard = StandardScaler().fit(X)
    # Theirs is ½r² with alpha·(ratio·|w| + ½(1 − ratio)w²): half of ours.
    alpha, options = 0.3 + ridge, {"tol": 1e-14, "max_iter": 100_000}
    peer = ElasticNet(alpha=alpha, l1_ratio=0.3 / alpha, **options)
    if not ridge:
        peer = Lasso(alpha=0.3, **options)
    peer.fit(standard.transform(X), Y)
    coefficients = list(found.coefficients.values())
    assert coefficients == pytest.approx(peer.coef_ / standard.scale_, abs=1e-6)
    expected = peer.intercept_ - standard.mean_ @ (peer.coef_ / standard.scale_)
    assert found.intercept == pytest.approx(expected, abs=1e-6)
    assert found.zeros == np.count_nonzero(peer.coef_ == 0.0) > 0


def test_the_bounded_minimum_is_scipys() -> None:
    found = fit(positive=True, intercept=False, tolerance=1e-16)
    assert list(found.coefficients.values()) == pytest.approx(nnls(X, Y)[0], abs=1e-6)


WAYS: list[Mapping[str, Any]] = [
    {},
    {"ridge": 0.2},
    {"positive": True},
    {"positive": True, "l1": 0.0},
    {"intercept": False},
    {"standardize": False, "lr": 1e-4},
    {"reduction": "sum", "l1": 100.0},
    {"momentum": 0.5, "lr": 0.2},
    {"momentum": 0.9, "nesterov": True, "lr": 0.05},
    {"start": [1.0, -2.0, 3.0, 0.5, 7.0]},
    {"validation": 0.3},
    {"weights": WEIGHTS},
    {"weights": WEIGHTS, "validation": 0.3, "epochs": 7},
    # At the best intercept its gradient is rounding, which these would divide by its size.
    {"optimizer": "adam", "lr": 0.05, "start": [0.0] * 5},
    {"optimizer": "adamw", "lr": 0.05, "start": [0.0] * 5},
    {"optimizer": "adagrad", "lr": 0.5, "start": [0.0] * 5},
    {"optimizer": "rmsprop", "lr": 0.05, "start": [0.0] * 5},
    {"lr": "step:0.2,step_size=5"},
    {"lr": "exponential:0.3,gamma=0.99"},
    {"lr": "inverse:0.3,decay=0.01"},
    {"lr": "cosine:0.3,epochs=50"},
    {"lr": "backtracking:10", "epochs": 12},
    {"stopping": Stopping(gradient_tolerance=1e-6)},
]


@pytest.mark.parametrize("options", WAYS, ids=lambda way: " ".join(map(str, way)) or "usual")
def test_every_step_is_the_one_over_the_rows(
    options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"l1": 0.3, "epochs": 60} | dict(options)
    found, rows = fit(**options), by_rows(monkeypatch, **options)
    scale = np.abs(rows.step.parameters).max()
    assert found.path.recorded == rows.path.recorded
    for k in found.path.recorded[::10]:
        mine, other = found.path.at(k), rows.path.at(k)
        assert mine.parameters == pytest.approx(other.parameters, abs=1e-9 * scale)
        assert mine.objective == pytest.approx(other.objective, rel=1e-9)
        assert (mine.validation is None) == (other.validation is None)
        assert mine.validation is None or mine.validation == pytest.approx(
            other.validation, rel=1e-9
        )
    assert found.step.parameters == pytest.approx(rows.step.parameters, abs=1e-9 * scale)
    assert (found.epochs, found.zeros, found.rows) == (rows.epochs, rows.zeros, rows.rows)
    assert found.verdict.kind == rows.verdict.kind
    assert found.metrics.r2 == pytest.approx(rows.metrics.r2, abs=1e-9)
    assert found.metrics.mae == pytest.approx(rows.metrics.mae, rel=1e-9)
    assert (found.held_out is None) == (rows.held_out is None) == ("validation" not in options)


@pytest.mark.counts_reads
def test_no_step_reads_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from steepest.tables.column_encoding import Encoding

    passes = []
    blocks = Encoding.blocks
    monkeypatch.setattr(
        Encoding,
        "blocks",
        lambda self, *given, **named: (passes.append(1), blocks(self, *given, **named))[1],
    )
    frame = polars.DataFrame(dict(zip(NAMES, X.T, strict=True)) | {"y": Y})
    frame.write_parquet(tmp_path / "a.parquet")
    found = fit(tmp_path / "a.parquet", "y", l1=0.3, epochs=200)
    assert found.epochs > 3 and len(passes) == 2
    assert found.sample is not None and found.sample.features == pytest.approx(X)


def test_moments_are_a_source() -> None:
    rows = fit(l1=0.3)
    found = fit(steepest.Moments.of(X, Y), None, l1=0.3)
    assert found.step.parameters == pytest.approx(rows.step.parameters, abs=1e-12)
    assert found.metrics.r2 == pytest.approx(rows.metrics.r2)
    assert found.metrics.rmse == pytest.approx(rows.metrics.rmse)
    assert found.metrics.mean_loss == pytest.approx(rows.metrics.mean_loss)
    assert found.metrics.mae is None and found.sample is None
    assert "moments do not tell it" in found.notes[0]
    assert "mean squared error 1." in found.summary()
    assert "absolute error undefined" not in found.summary()
    assert fit(steepest.Moments.of(X, Y), None, positive=True, features=["x1"]).names == (
        "x1",
        "intercept",
    )


def test_a_lazy_frame_needs_three_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.moments import lazy_moments
    from steepest.tables.frames import lazy_survey as survey

    frame = polars.DataFrame(dict(zip(NAMES, X.T, strict=True)) | {"y": Y, "w": WEIGHTS})
    rows, asked = fit(frame, "y", l1=0.3, weights="w"), []
    for module in (lazy_moments, survey):
        fetch = module.fetch
        monkeypatch.setattr(
            module, "fetch", lambda it, fetch=fetch: (asked.append(1), fetch(it))[1]
        )
    found = fit(open_lazy(frame.lazy()), "y", l1=0.3, weights="w")
    assert len(asked) == 3
    assert found.step.parameters == pytest.approx(rows.step.parameters, abs=1e-9)
    assert found.metrics.mae == pytest.approx(rows.metrics.mae)
    assert found.metrics.r2 == pytest.approx(rows.metrics.r2)
    assert (found.rows, found.metrics.rows) == (rows.rows, int(np.count_nonzero(WEIGHTS)))


def test_rows_of_a_lazy_frame_are_held_out() -> None:
    import duckdb

    frame = polars.DataFrame(dict(zip(NAMES, X.T, strict=True)) | {"y": Y})
    connection = duckdb.connect()
    connection.register("points", frame.to_arrow())
    for table in map(open_lazy, (frame.lazy(), connection.table("points"))):
        found = fit(table, "y", l1=0.3, validation=0.25)
        assert found.held_out is not None and 90 < found.held_out.rows < 160
        held = found.validation_metrics
        assert held is not None and held.rows == found.held_out.rows
        assert held.mean_loss == pytest.approx(found.held_out.objective)
        assert held.mae is not None and held.rmse is not None and 0.5 < held.mae < held.rmse
        assert found.metrics.rows + held.rows == found.rows == 500


def test_a_constant_column_stays_out() -> None:
    table = np.column_stack([X, np.full(500, 7.3)])
    found = fit(table, l1=0.3)
    assert found.coefficients["x5"] == 0.0
    assert "column 'x5' holds one value only, and its coefficient stays 0" in found.notes
    assert found.step.parameters[:4] == pytest.approx(fit(l1=0.3).step.parameters[:4])


def test_copies_have_together_what_one_would_have() -> None:
    table = np.column_stack([X[:, 0], X])
    found, one = fit(table, l1=0.3), fit(l1=0.3)
    shares = list(found.coefficients.values())
    assert shares[0] + shares[1] == pytest.approx(one.coefficients["x1"], abs=1e-6)


def test_more_columns_than_rows_are_looked_at_row_by_row() -> None:
    found = steepest.fit(X[:3], Y[:3], l1=0.3, epochs=5)
    assert isinstance(found, Fit)
    assert not isinstance(found.path.problem, MomentsProblem)


def test_it_is_saved_and_drawn(tmp_path: Path) -> None:
    found = fit(steepest.Moments.of(X, Y), None, l1=0.3)
    found.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.summary() == found.summary()
    assert loaded.predict(X) == pytest.approx(found.predict(X))
    found.report(tmp_path / "a.html")
    assert "contour" in (tmp_path / "a.html").read_text()


def test_a_slow_look_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(on_moments, "together", interrupt)
    found = fit(l1=0.3)
    assert found.metrics.mae is None and found.metrics.r2 is not None


ERRORS: list[tuple[Any, Any, Mapping[str, Any], str]] = [
    (X, np.ones(500), {}, "the target 'y' is 1 in every row: there is nothing to fit"),
    (X, Y, {"validation": 1e-9}, "no row was left for validation; hold out another fraction"),
    (X, Y, {"weights": np.zeros(500)}, "the weights add up to 0: no row counts"),
    (np.ones((500, 2)), Y, {}, "no feature is left: every column holds one value only"),
    (X, Y, {"start": [1.0]}, "^start has 1 number for 5 parameters"),
    (np.where(X > 90.0, np.nan, X), Y, {}, r"column 'x2' is nan"),
]


@pytest.mark.parametrize(
    ("source", "target", "options", "said"), ERRORS, ids=[e[3] for e in ERRORS]
)
def test_what_cannot_be_used_is_said(
    source: Any, target: Any, options: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(steepest.InputError, match=said):
        steepest.fit(source, target, l1=0.1, **options)


def test_moments_hold_out_no_rows() -> None:
    with pytest.raises(steepest.InputError, match="moments have no rows to hold out"):
        steepest.fit(steepest.Moments.of(X, Y), l1=0.1, validation=0.2)
