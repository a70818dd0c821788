"""Columns that earlier ones explain: which, of what they are made, and what a fit then says."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression
from statsmodels.tools.sm_exceptions import SingularMatrixWarning

import steepest
from steepest.tables.frames.lazy import open_lazy

RNG = np.random.default_rng(5)
ROWS = 240
BASE = RNG.standard_normal((ROWS, 3))
ETA = BASE @ [0.8, -0.5, 0.3] + 0.2
TABLES = {
    "independent": BASE,
    "sum": np.column_stack([BASE[:, :2], BASE[:, 0] + BASE[:, 1], BASE[:, 2]]),
    "copy": np.column_stack([BASE[:, 0], 3.0 - 2.0 * BASE[:, 0], BASE[:, 1]]),
    "constant": np.column_stack([BASE[:, 0], np.full(ROWS, 7.0), BASE[:, 1]]),
    "float32": np.column_stack([BASE, BASE[:, 0] - BASE[:, 2] / 3.0]).astype(np.float32),
    "far from zero": np.column_stack([BASE + 1e5, BASE[:, 0] + BASE[:, 1]]),
}
TARGETS: dict[str, np.ndarray[Any, Any]] = {
    "squared": ETA + RNG.standard_normal(ROWS),
    "huber": ETA + RNG.standard_t(2.0, ROWS),
    "absolute": ETA + RNG.standard_t(2.0, ROWS),
    "poisson": RNG.poisson(np.exp(ETA)).astype(np.float64),
    "logistic": (RNG.random(ROWS) < 1.0 / (1.0 + np.exp(-ETA))).astype(np.float64),
}
ROUTES: dict[str, dict[str, Any]] = {
    "default": {},
    "high accuracy": {"accuracy": "high"},
    "minimum norm": {"dependent": "minimum_norm"},
    "ridge": {"ridge": 0.1},
    "L1": {"l1": 0.05},
    "bounds": {"positive": True},
    "mini-batches": {"batch_size": 40, "epochs": 20, "lr": 0.01},
    "without intercept": {"intercept": False},
}
SQUARED_ONLY = ("high accuracy", "minimum norm")


def agrees_with_its_predictions(
    fit: steepest.Fit, features: Any, target: np.ndarray[Any, Any]
) -> None:
    """Assert that R², the root mean square and the mean loss are those of the predictions."""
    predicted = np.asarray(fit.predict(features), dtype=np.float64)
    squares = float(np.square(target - predicted).sum())
    if fit.r2 is not None:
        centre = target.mean() if fit.intercept is not None else 0.0
        explained = 1.0 - squares / float(np.square(target - centre).sum())
        if fit.quality is not None:
            assert fit.r2 == pytest.approx(explained, rel=1e-9, abs=1e-9)
        assert fit.rmse == pytest.approx(np.sqrt(squares / len(target)), rel=1e-9)
    if fit.loss.name == "squared":
        objective = squares / len(target)
        sizes = np.array(list(fit.coefficients.values()))
        if not fit.settings.ridge and not fit.settings.l1:
            assert fit.objective == pytest.approx(objective, rel=1e-9)
        else:
            assert fit.objective > objective
            assert np.abs(sizes).sum() > 0.0


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("name", TABLES)
def test_what_is_told_is_of_the_predictions(name: str, loss: str, route: str) -> None:
    if loss != "squared" and route in SQUARED_ONLY:
        pytest.skip("of squared loss")
    features, target = TABLES[name], TARGETS[loss]
    if features.dtype == np.float32:
        target = target.astype(np.float32).astype(np.float64)
    fit = steepest.fit(features, target, loss=loss, **ROUTES[route])
    if loss != "logistic":
        agrees_with_its_predictions(fit, features, target)


@pytest.mark.parametrize("rows", [12, 42, 200, 1000])
def test_columns_of_counts_that_explain_each_other(rows: int) -> None:
    """Least squares of NumPy, statsmodels and scikit-learn on the same rows."""
    i = np.arange(1.0, rows + 1.0)
    features = np.column_stack([i, np.ceil(i / 2.0), (i - 1.0) % 2.0])
    target = np.sin(i) + 0.1 * i
    fit = steepest.fit(features, target)
    whole = np.column_stack([np.ones(rows), features])
    by_numpy = whole @ np.linalg.lstsq(whole, target, rcond=None)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SingularMatrixWarning)
        by_statsmodels = sm.OLS(target, whole).fit(method="pinv")
    by_sklearn = LinearRegression().fit(features, target)
    assert fit.coefficients["x3"] == 0.0
    assert "'x3' = 'x1' − 2 'x2' and a constant: coefficient 0" in fit.notes
    assert fit.predict(features) == pytest.approx(by_numpy, abs=1e-10)
    assert fit.predict(features) == pytest.approx(by_sklearn.predict(features), abs=1e-10)
    assert fit.r2 == pytest.approx(by_statsmodels.rsquared, rel=1e-10)
    agrees_with_its_predictions(fit, features, target)
    assert fit.inference is not None
    assert fit.inference.degrees == by_statsmodels.df_resid


@pytest.mark.parametrize("loss", ["logistic", "poisson", "huber", "absolute"])
def test_other_losses_leave_the_same_columns_out(loss: str) -> None:
    fit = steepest.fit(TABLES["sum"], TARGETS[loss], loss=loss)
    alone = steepest.fit(BASE, TARGETS[loss], loss=loss)
    assert fit.verdict.kind == "converged"
    assert "'x3' = 'x1' + 'x2': coefficient 0" in fit.notes
    assert fit.coefficients["x3"] == 0.0
    assert fit.objective == pytest.approx(alone.objective, rel=1e-12)
    assert [fit.coefficients[name] for name in ("x1", "x2", "x4")] == pytest.approx(
        list(alone.coefficients.values()), rel=1e-8
    )


def test_classes_leave_the_same_columns_out() -> None:
    target = np.digitize(ETA + RNG.standard_normal(ROWS), [-0.5, 0.8])
    fit = steepest.fit(TABLES["sum"], target, loss="multinomial")
    alone = steepest.fit(BASE, target, loss="multinomial")
    assert fit.objective == pytest.approx(alone.objective, rel=1e-12)
    assert all(line["x3"] == 0.0 for line in fit.coefficients.values())
    assert (fit.predict(TABLES["sum"]) == alone.predict(BASE)).all()


def test_a_column_that_one_fold_alone_has_constant() -> None:
    features = np.column_stack([BASE[:40, 0], np.arange(40) == 3]).astype(np.float64)
    fit = steepest.fit(features, TARGETS["squared"][:40], folds=4)
    assert fit.names == ("x1", "x2", "intercept")
    assert fit.validation is not None
    assert np.isfinite(fit.validation.objective)


def test_refusal_on_request() -> None:
    for loss in ("squared", "logistic"):
        with pytest.raises(steepest.SteepestError, match="x3, x1, x2 are linearly dependent"):
            steepest.fit(TABLES["sum"], TARGETS[loss], loss=loss, dependent="error")


@pytest.mark.parametrize("rows", [12, 42, 200, 1000])
@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_columns_of_counts_with_other_losses(loss: str, rows: int) -> None:
    """statsmodels' fit of the two columns that determine the answer."""
    i = np.arange(1.0, rows + 1.0)
    features = np.column_stack([i, np.ceil(i / 2.0), (i - 1.0) % 2.0])
    target = np.round(np.exp(1.0 + np.sin(i))) + (loss == "gamma")
    fit = steepest.fit(features, target, loss=loss)
    family = {
        "poisson": sm.families.Poisson(),
        "gamma": sm.families.Gamma(sm.families.links.Log()),
    }[loss]
    whole = np.column_stack([features[:, :2], np.ones(rows)])
    oracle = sm.GLM(target, whole, family=family).fit(tol=1e-14, maxiter=200)
    assert fit.verdict.kind == "converged"
    assert fit.coefficients["x3"] == 0.0
    assert "'x3' = 'x1' − 2 'x2' and a constant: coefficient 0" in fit.notes
    assert fit.predict(features) == pytest.approx(oracle.fittedvalues, rel=1e-8)
    assert fit.inference is not None
    errors = [fit.inference[name].standard_error for name in ("x1", "x2", "intercept")]
    assert errors == pytest.approx(oracle.bse, rel=1e-6)


@pytest.mark.parametrize("rows", [12, 42, 200, 1000])
@pytest.mark.parametrize("door", ["moments", "lazy"])
def test_columns_of_counts_whose_rows_are_elsewhere(
    door: str,
    rows: int,
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    """Products cannot tell, and say so; an engine is asked. The answer is NumPy's least squares."""
    i = np.arange(1.0, rows + 1.0)
    features = np.column_stack([i, np.ceil(i / 2.0), (i - 1.0) % 2.0])
    target = np.sin(i) + 0.1 * i
    frame = pl.DataFrame({"x1": i, "x2": features[:, 1], "x3": features[:, 2], "y": target})
    there = open_lazy(frame.lazy())
    fit = steepest.fit(steepest.Moments.of(frame, "y") if door == "moments" else there, target="y")
    assert fit.coefficients["x3"] == 0.0
    unknown = any("cannot be told from sums of products" in note for note in fit.notes)
    assert unknown == (door == "moments")
    assert fit.digits is not None
    if door == "moments":
        assert set(fit.digits.values()) == {0.0}
    else:  # further queries over the residuals have told them
        exact = exactly(features[:, :2], target)
        found = [fit.coefficients[name] for name in ("x1", "x2")]
        true = min(digits_of(found, exact.parameters[:2]))
        assert 0.0 < min(fit.digits["x1"], fit.digits["x2"]) <= true + 0.3
    whole = np.column_stack([features, np.ones(rows)])
    left = target - whole @ np.linalg.lstsq(whole, target, rcond=None)[0]
    explained = 1.0 - np.square(left).sum() / np.square(target - target.mean()).sum()
    assert fit.r2 == pytest.approx(explained, rel=1e-9)


@pytest.mark.parametrize("apart", [0.0, 1e-7, 1e-9])
@pytest.mark.parametrize("how", ["sum", "copy", "levels"])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_engine_tells_dependent_columns_of_least_squares(
    how: str,
    apart: float,
    weighted: bool,
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    """As rows in memory do; of columns that nearly are sums the coefficients are exact, too."""
    rng = np.random.default_rng(3)
    a, b, new, other, noise = rng.normal(size=(5, 60)).round(3)
    level = rng.integers(0, 3, 60)
    sums = {"sum": a + b, "copy": 3.0 * a - 1.0, "levels": (level == 2) * 1.0}
    first = [level == 0, level == 1] if how == "levels" else [a, b]
    features = np.column_stack([*first, sums[how] + apart * new, other]).astype(np.float64)
    target, weights = a - b + 0.5 * other + noise, rng.integers(1, 4, 60) * 1.0
    frame = pl.DataFrame(features, schema=["x1", "x2", "x3", "x4"])
    frame = frame.with_columns(y=target, w=weights)
    options: Any = (
        {"target": "y", "weights": "w"} if weighted else {"target": "y", "exclude": ["w"]}
    )
    fit = steepest.fit(open_lazy(frame.lazy()), **options)
    assert fit.verdict.kind == "converged"
    assert fit.left_out == ({"x3"} if apart == 0.0 else set())
    assert any("further query told which columns" in note for note in fit.notes)
    kept = [i for i in range(4) if f"x{i + 1}" not in fit.left_out]
    exact = exactly(features[:, kept], target, weights=weights if weighted else None)
    true = digits_of([fit.step[name] for name in fit.names], exact.parameters)
    assert fit.digits is not None and min(fit.digits.values()) > 2.0
    for known, stated in zip(true, fit.digits.values(), strict=True):
        assert stated <= known + 0.3


def test_gehan_of_mass() -> None:
    """R's lm leaves the last pair out: 21 pairs, the treatment and the place within a pair explain
    each other. Gehan (1965): weeks of remission of leukaemia; R² by R: 0.3951.
    """
    weeks = [1, 10, 22, 7, 3, 32, 12, 23, 8, 22, 17, 6, 2, 16, 11, 34, 8, 32, 12, 25]
    weeks += [2, 11, 5, 20, 4, 19, 15, 6, 8, 17, 23, 35, 5, 6, 11, 13, 4, 9, 1, 6, 8, 10]
    censored = [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0]
    censored += [1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0]
    i = np.arange(42)
    frame = pl.DataFrame({"row": i + 1, "pair": i // 2 + 1, "cens": censored, "time": weeks})
    frame = frame.with_columns(treat=pl.Series(["control", "6-MP"] * 21))
    fit = steepest.fit(frame, target="time")
    rows = frame.drop("time").to_dummies("treat", drop_first=True).to_numpy().astype(np.float64)
    whole = np.column_stack([rows, np.ones(42)])
    left = weeks - whole @ np.linalg.lstsq(whole, np.array(weeks, float), rcond=None)[0]
    spread = np.square(np.array(weeks) - np.mean(weeks)).sum()
    assert fit.r2 == pytest.approx(1.0 - np.square(left).sum() / spread, rel=1e-12)
    assert fit.r2 == pytest.approx(0.3951, abs=5e-5)
    assert len(fit.left_out) == 1


@pytest.mark.parametrize("loss", ["logistic", "poisson"])
@pytest.mark.parametrize("door", ["engine", "batches of a file"])
def test_other_losses_of_rows_that_are_elsewhere(loss: str, door: str, tmp_path: Path) -> None:
    """Left out: a constant, a copy and a sum, also far from 0, where products cannot tell; and
    not a column that is no sum by a billionth. The minimum is statsmodels'."""
    x = BASE + np.array([0.0, 1e4, 0.0])
    columns = {"a": x[:, 0], "k": np.full(ROWS, 0.3), "b": x[:, 1], "c": 1.0 - 3.0 * x[:, 0]}
    columns |= {"s": x[:, 0] + x[:, 1], "d": x[:, 2]}
    frame = pl.DataFrame({**columns, "y": TARGETS[loss]})
    family = sm.families.Binomial() if loss == "logistic" else sm.families.Poisson()
    oracle = sm.GLM(TARGETS[loss], sm.add_constant(BASE), family=family).fit(tol=1e-14)
    if door == "engine":
        fit = steepest.fit(open_lazy(frame.lazy()), target="y", loss=loss)
        assert [fit.coefficients[name] for name in "abd"] == pytest.approx(
            oracle.params[1:], rel=1e-7
        )
        assert fit.digits is not None and min(fit.digits.values()) > 6.0
        blurred = frame.with_columns(d=pl.col("a") + pl.col("b") * 1e-4 + 1e-9 * pl.col("d"))
        told = steepest.fit(open_lazy(blurred.lazy()), target="y", loss=loss)
        assert "d" not in told.left_out
    else:
        frame.write_parquet(tmp_path / "rows.parquet")
        batches = steepest.MiniBatches(40, checkpoint=tmp_path / "state")
        fit = steepest.fit(tmp_path / "rows.parquet", target="y", loss=loss, batch_size=batches)
    assert fit.left_out == {"k", "c", "s"}
    assert "column 'k' holds one value only: coefficient 0" in fit.notes
    assert "column 'c' is a copy of 'a' (up to offset and scale): coefficient 0" in fit.notes
    assert "'s' = 'a' + 'b': coefficient 0" in fit.notes
    fit.save(tmp_path / "model.steepest")
    loaded = steepest.load(tmp_path / "model.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.predict(frame).tolist() == fit.predict(frame).tolist()
    source: Any = open_lazy(frame.lazy()) if door == "engine" else frame
    with pytest.raises(steepest.SteepestError, match="leave one out, or add ridge"):
        steepest.fit(source, target="y", loss=loss, dependent="error")


def test_a_constant_beside_other_losses() -> None:
    """It says nothing; where nothing is standardised it would share with the intercept."""
    for standardize in (True, False):
        fit = steepest.fit(
            TABLES["constant"], TARGETS["logistic"], loss="logistic", standardize=standardize
        )
        alone = steepest.fit(BASE[:, :2], TARGETS["logistic"], loss="logistic")
        assert fit.coefficients["x2"] == 0.0
        assert fit.intercept == pytest.approx(alone.intercept, rel=1e-9)
        assert fit.digits is not None and min(fit.digits.values()) > 9.0


@pytest.mark.parametrize("far", [0.0, 1e3, 1e5, 1e7])
@pytest.mark.parametrize("which", ["of the columns", "of what they were"])
def test_shares_of_a_sum_that_rounding_blurs(far: float, which: str) -> None:
    """The least of the answers about 0, where the sum is one to rounding: NumPy's."""
    near = np.column_stack([BASE, BASE[:, 0] + BASE[:, 1]])
    x = BASE + far
    total = x[:, 0] + x[:, 1] if which == "of the columns" else near[:, 3]
    fit = steepest.fit(np.column_stack([x, total]), TARGETS["squared"], dependent="minimum_norm")
    z = near - near.mean(axis=0)
    spread = z.std(axis=0)
    target = TARGETS["squared"] - TARGETS["squared"].mean()
    exact = np.linalg.lstsq(z / spread, target, rcond=1e-10)[0] / spread
    assert fit.lines[0, :-1] == pytest.approx(exact, rel=max(1e-12, 1e-14 * far))
    assert fit.digits is not None
    true = -np.log10(np.abs(fit.lines[0, :-1] / exact - 1.0) + 1e-17)
    stated = np.array([fit.digits[name] for name in ("x1", "x2", "x3", "x4")])
    assert (stated <= true + 0.3).all()
    assert stated.min() > 5.0
    assert any("the coefficients are shared" in note for note in fit.notes)
