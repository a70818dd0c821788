"""Standard errors and likelihoods of every smooth loss, against statsmodels on its own tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import steepest

RTOL = 1e-8
TIGHT = {"tol": 1e-14, "maxiter": 300}


def table(name: str) -> tuple[pd.DataFrame, pd.Series]:
    data = getattr(sm.datasets, name).load_pandas()
    return data.exog.astype(float), data.endog


def fair() -> tuple[pd.DataFrame, pd.Series]:
    features, target = table("fair")
    return features, (target > 0).astype(float)


def spector() -> tuple[pd.DataFrame, pd.Series]:
    return table("spector")


def cpunish() -> tuple[pd.DataFrame, pd.Series]:
    return table("cpunish")


def scotland() -> tuple[pd.DataFrame, pd.Series]:
    return table("scotland")


def randhie() -> tuple[pd.DataFrame, pd.Series]:
    features, target = table("randhie")
    return features.iloc[:1000], target.iloc[:1000]


FAMILIES = sm.families
POWER = 1.5
CASES: dict[str, tuple[Any, str, Any]] = {
    "fair": (fair, "logistic", FAMILIES.Binomial()),
    "spector": (spector, "logistic", FAMILIES.Binomial()),
    "cpunish": (cpunish, "poisson", FAMILIES.Poisson()),
    "randhie": (randhie, "poisson", FAMILIES.Poisson()),
    "scotland": (scotland, "gamma", FAMILIES.Gamma(FAMILIES.links.Log())),
    "tweedie": (cpunish, f"tweedie:{POWER}", FAMILIES.Tweedie(FAMILIES.links.Log(), POWER)),
}


def columns(fit: steepest.Fit, key: str) -> list[float]:
    assert fit.inference is not None, fit.missing("inference")
    return [getattr(fit.inference[name], key) for name in fit.names]


def agree(fit: steepest.Fit, oracle: Any) -> None:
    assert columns(fit, "standard_error") == pytest.approx(oracle.bse, rel=RTOL)
    assert fit.step.parameters == pytest.approx(oracle.params, rel=RTOL)
    assert columns(fit, "t") == pytest.approx(oracle.tvalues, rel=RTOL)
    assert columns(fit, "p") == pytest.approx(oracle.pvalues, rel=1e-6, abs=1e-200)
    ends = np.column_stack([columns(fit, "low"), columns(fit, "high")])
    assert ends == pytest.approx(np.asarray(oracle.conf_int()), rel=RTOL, abs=1e-9)


def design(features: pd.DataFrame) -> np.ndarray:
    return np.column_stack([features, np.ones(len(features))])


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("errors", ["classical", "robust"])
@pytest.mark.parametrize("name", CASES)
def test_inference_equals_statsmodels(name: str, errors: Any, weighted: bool) -> None:
    load, loss, family = CASES[name]
    features, target = load()
    weights = np.random.default_rng(5).uniform(0.5, 2.0, len(target)) if weighted else None
    fit = steepest.fit(
        features.to_numpy(), target.to_numpy(), weights=weights, loss=loss, errors=errors
    )
    model = sm.GLM(target.to_numpy(), design(features), family=family, var_weights=weights)
    oracle = model.fit(**TIGHT, cov_type="HC0") if errors == "robust" else model.fit(**TIGHT)
    agree(fit, oracle)
    assert fit.inference is not None and fit.likelihood is not None
    assert fit.inference.errors == ("HC0" if errors == "robust" else "classical")
    assert fit.inference.degrees == oracle.df_resid
    assert fit.inference.dispersion == pytest.approx(oracle.scale, rel=RTOL)
    found = fit.likelihood
    assert found.log_likelihood == pytest.approx(oracle.llf, rel=RTOL)
    assert found.aic == pytest.approx(oracle.aic, rel=RTOL)
    assert found.bic == pytest.approx(oracle.bic_llf, rel=RTOL)
    assert found.deviance == pytest.approx(oracle.deviance, rel=RTOL)
    assert found.null_deviance == pytest.approx(oracle.null_deviance, rel=RTOL)
    assert found.pseudo_r2 == pytest.approx(oracle.pseudo_rsquared("mcf"), rel=1e-7)


def test_binomial_counts_as_weights() -> None:
    """star98: two rows a district, those above the median and those below, weighing as many."""
    data = sm.datasets.star98.load_pandas()
    # Interactions leave the design dependent to some 1e-9; its first columns are sound.
    features, counts = data.exog.iloc[:, :8].to_numpy(float), data.endog.to_numpy(float)
    both = np.concatenate([features, features])
    answer = np.repeat([1.0, 0.0], len(counts))
    fit = steepest.fit(both, answer, weights=counts.T.ravel(), loss="logistic")
    exog = np.column_stack([features, np.ones(len(features))])
    oracle = sm.GLM(counts, exog, family=FAMILIES.Binomial()).fit(**TIGHT)
    agree(fit, oracle)


@pytest.mark.parametrize("errors", ["classical", "robust"])
def test_multinomial_errors_are_those_of_centred_coefficients(errors: Any) -> None:
    data = sm.datasets.anes96.load_pandas()
    features, target = data.exog.to_numpy(float), data.endog.to_numpy(int)
    fit = steepest.fit(features, target, loss="multinomial", errors=errors)
    kind = {"cov_type": "HC0"} if errors == "robust" else {}
    oracle = sm.MNLogit(target, np.column_stack([features, np.ones(len(features))])).fit(
        disp=0, method="newton", maxiter=200, tol=1e-14, **kind
    )
    k, width = 7, features.shape[1] + 1
    # statsmodels holds class 0 at 0; θ_j = β_j − mean of all β.
    centred = np.eye(k)[:, 1:] - 1.0 / k
    change = np.kron(centred, np.eye(width))
    params = change @ np.asarray(oracle.params).T.ravel()
    covariance = change @ np.asarray(oracle.cov_params()) @ change.T
    assert fit.step.parameters == pytest.approx(params, rel=1e-7, abs=1e-10)
    assert columns(fit, "standard_error") == pytest.approx(np.sqrt(covariance.diagonal()), rel=RTOL)
    found = fit.likelihood
    assert found is not None
    assert found.log_likelihood == pytest.approx(oracle.llf, rel=RTOL)
    assert found.aic == pytest.approx(oracle.aic, rel=RTOL)
    assert found.bic == pytest.approx(oracle.bic, rel=RTOL)
    assert found.pseudo_r2 == pytest.approx(oracle.prsquared, rel=RTOL)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "through zero"])
@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3", "robust"])
@pytest.mark.parametrize("name", ["stackloss", "ccard", "scotland"])
def test_robust_errors_of_squared_loss(
    name: str, kind: Any, intercept: bool, weighted: bool
) -> None:
    features, target = table(name)
    weights = np.random.default_rng(6).uniform(0.5, 2.0, len(target)) if weighted else None
    fit = steepest.fit(
        features.to_numpy(), target.to_numpy(), weights=weights, intercept=intercept, errors=kind
    )
    exog = design(features) if intercept else features.to_numpy()
    ones = np.ones(len(target))
    plain = sm.WLS(target.to_numpy(), exog, weights=ones if weights is None else weights).fit()
    agree(fit, plain.get_robustcov_results("HC3" if kind == "robust" else kind))
    assert fit.inference is not None and fit.inference.distribution == "t"


def test_likelihood_of_squared_loss() -> None:
    features, target = table("stackloss")
    found = steepest.fit(features.to_numpy(), target.to_numpy()).likelihood
    oracle = sm.OLS(target.to_numpy(), design(features)).fit()
    assert found is not None
    assert found.log_likelihood == pytest.approx(oracle.llf, rel=RTOL)
    assert (found.aic, found.bic) == pytest.approx((oracle.aic, oracle.bic), rel=RTOL)
    assert found.deviance == pytest.approx(oracle.ssr, rel=RTOL)
    assert found.null_deviance == pytest.approx(oracle.centered_tss, rel=RTOL)
    assert found.pseudo_r2 is None


@pytest.mark.parametrize("loss", ["huber:3.0", "log-cosh", "squared hinge"])
def test_losses_that_are_no_likelihood_have_the_sandwich(loss: str) -> None:
    """(Σ ℓ''xxᵀ)⁻¹ (Σ ℓ'²xxᵀ) (Σ ℓ''xxᵀ)⁻¹ by hand, at the fit's own coefficients."""
    features, target = table("stackloss") if loss != "squared hinge" else table("spector")
    fit = steepest.fit(features.to_numpy(), target.to_numpy(), loss=loss)
    x, y = design(features), target.to_numpy()
    eta = x @ fit.step.parameters
    if loss == "log-cosh":
        slope, curvature = np.tanh(eta - y), 1.0 / np.cosh(eta - y) ** 2
    elif loss == "squared hinge":
        sign = 2.0 * y - 1.0
        short = np.maximum(1.0 - sign * eta, 0.0)
        slope, curvature = -2.0 * sign * short, 2.0 * (short > 0.0)
    else:
        slope, curvature = np.clip(eta - y, -3.0, 3.0), 1.0 * (np.abs(eta - y) <= 3.0)
    bread = np.linalg.inv((x.T * curvature) @ x)
    covariance = bread @ ((x.T * slope**2) @ x) @ bread
    assert columns(fit, "standard_error") == pytest.approx(np.sqrt(covariance.diagonal()), rel=1e-7)
    assert fit.inference is not None and fit.inference.errors == "HC0"
    assert "robust: the sandwich HC0" in fit.summary()
    assert fit.missing("likelihood").endswith("is no likelihood of the rows.")


@pytest.mark.parametrize(
    "options",
    [{"loss": "gamma"}, {"loss": "poisson", "errors": "robust"}, {"errors": "HC2"}, {}],
    ids=str,
)
def test_inference_survives_a_file(options: dict[str, Any], tmp_path: Path) -> None:
    features, target = scotland()
    fit = steepest.fit(features.to_numpy(), target.to_numpy(), **options)
    fit.save(tmp_path / "fit.steepest")
    again = steepest.load(tmp_path / "fit.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.inference is not None and again.inference == fit.inference
    assert again.likelihood is not None and again.likelihood == fit.likelihood
    assert again.to_dict()["standard_errors"] == fit.to_dict()["standard_errors"]
    assert again.summary() == fit.summary()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"loss": "poisson", "ridge": 0.1}, "a ridge penalty"),
        ({"loss": "poisson", "l1": 0.1}, "an L1 penalty"),
        ({"loss": "poisson", "positive": True}, "bounds on the coefficients"),
        ({"loss": "poisson", "batch_size": 5, "epochs": 3}, "not at it"),
        ({"loss": "poisson", "epochs": 2, "lr": 0.01}, "did not converge"),
        ({"loss": "absolute"}, "absolute is not"),
    ],
    ids=str,
)
def test_no_inference_where_it_does_not_hold(options: dict[str, Any], why: str) -> None:
    features, target = cpunish()
    fit = steepest.fit(features.to_numpy(), target.to_numpy(), **options)
    assert fit.inference is None and fit.likelihood is None
    assert why in fit.missing("inference")


def test_separated_classes_have_none() -> None:
    fit = steepest.fit([0.0, 1, 2, 3], [0, 0, 1, 1], loss="logistic")
    assert fit.verdict.kind == "no minimum"
    assert fit.inference is None and fit.likelihood is None
    assert fit.missing("inference") == "No standard errors: there is no minimum."


def test_moments_have_no_robust_errors() -> None:
    features, target = scotland()
    frame = features.assign(y=target)
    moments = steepest.Moments.of(frame, "y")
    assert steepest.fit(moments).inference is not None
    fit = steepest.fit(moments, errors="robust")
    assert fit.inference is None
    assert "the rows are not at hand" in fit.missing("inference")


def generalised(loss: str, weighted: bool) -> tuple[pd.DataFrame, Any]:
    """Rows of a loss, with weights `w` or without, and statsmodels' model of them."""
    features, target = cpunish()
    answer = (target > 2.0).astype(float) if loss == "logistic" else target + (loss == "gamma")
    features = features.iloc[:, :2] if loss == "logistic" else features
    weights = np.random.default_rng(6).uniform(0.5, 2.0, len(target))
    families = {
        "logistic": FAMILIES.Binomial(),
        "gamma": FAMILIES.Gamma(sm.families.links.Log()),
        "tweedie:1.5": FAMILIES.Tweedie(sm.families.links.Log(), var_power=1.5),
    }
    family, share = families.get(loss, FAMILIES.Poisson()), weights if weighted else None
    model = sm.GLM(answer, design(features), family=family, var_weights=share)
    frame = features.assign(y=answer)
    return frame.assign(w=weights) if weighted else frame, model


@pytest.mark.parametrize(
    ("errors", "weighted"), [("classical", True), ("HC0", False), ("HC1", True)]
)
@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie:1.5", "logistic", "huber:3.0"])
def test_an_engine_is_asked_for_the_errors(loss: str, errors: Any, weighted: bool) -> None:
    """As statsmodels has them; Huber's as of rows in memory, which are compared above."""
    pl = pytest.importorskip("polars")
    frame, model = generalised(loss, weighted)
    options: dict[str, Any] = {"weights": "w" if weighted else None, "loss": loss, "errors": errors}
    fit = steepest.fit(pl.from_pandas(frame).lazy(), "y", **options)
    assert fit.inference is not None
    if loss == "huber:3.0":
        local = steepest.fit(frame, "y", **options)
        found = columns(fit, "standard_error")
        assert found == pytest.approx(columns(local, "standard_error"), rel=1e-8)
        return
    oracle = model.fit(**TIGHT, cov_type="nonrobust" if errors == "classical" else "HC0")
    # statsmodels makes no difference between HC0 and HC1 here; R's sandwich takes n/(n − d).
    rows, d = model.exog.shape
    scale = np.sqrt(rows / (rows - d)) if errors == "HC1" else 1.0
    assert columns(fit, "standard_error") == pytest.approx(scale * oracle.bse, rel=1e-7)
    local = steepest.fit(frame, "y", **options)
    assert columns(fit, "p") == pytest.approx(columns(local, "p"), rel=1e-6)
    if errors == "classical":
        assert fit.inference.dispersion == pytest.approx(oracle.scale, rel=1e-8)


@pytest.mark.parametrize("errors", ["classical", "HC0"])
@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie:1.5", "logistic"])
def test_a_file_larger_than_memory_is_read_once_more_for_the_errors(
    loss: str, errors: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As statsmodels has them, in blocks of seven rows."""
    monkeypatch.setattr("steepest.models.gathered_rows.memory_bytes", lambda: 1.0)
    monkeypatch.setattr("steepest.models.streamed.block_rows", lambda columns: 7)
    frame, model = generalised(loss, True)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    fit = steepest.fit(tmp_path / "rows.csv", "y", weights="w", loss=loss, errors=errors)
    assert any("read from their source in every epoch" in note for note in fit.notes)
    oracle = model.fit(**TIGHT, cov_type="nonrobust" if errors == "classical" else "HC0")
    assert columns(fit, "standard_error") == pytest.approx(oracle.bse, rel=1e-7)
    assert fit.inference is not None
    if errors == "classical":
        assert fit.inference.dispersion == pytest.approx(oracle.scale, rel=1e-8)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("loss", ["multinomial", "huber:1.5"])
def test_a_file_larger_than_memory_has_the_errors_of_rows_in_memory(
    loss: str, weighted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of losses whose errors in memory are compared above, where the first blocks weigh nothing;
    and they are known when the file is gone.
    """
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.normal(size=(90, 2)), columns=["a", "b"])
    frame["y"] = random.integers(0, 3, 90)
    frame["w"] = np.where(np.arange(90) < 14, 0.0, random.uniform(0.5, 2.0, 90))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    options: dict[str, Any] = {"loss": loss, "errors": "robust", "features": ["a", "b"]}
    options["weights"] = "w" if weighted else None
    local = steepest.fit(tmp_path / "rows.csv", "y", **options)
    monkeypatch.setattr("steepest.models.gathered_rows.memory_bytes", lambda: 1.0)
    monkeypatch.setattr("steepest.models.streamed.block_rows", lambda columns: 7)
    fit = steepest.fit(tmp_path / "rows.csv", "y", **options)
    (tmp_path / "rows.csv").unlink()
    for key in ("standard_error", "p"):
        assert columns(fit, key) == pytest.approx(columns(local, key), rel=1e-7)


@pytest.mark.parametrize("errors", ["classical", "robust"])
def test_an_engine_is_asked_for_the_errors_of_classes(errors: Any) -> None:
    pl = pytest.importorskip("polars")
    random = np.random.default_rng(3)
    frame = pl.DataFrame({"a": random.normal(size=90), "b": random.normal(size=90)})
    frame = frame.with_columns(y=pl.Series(random.integers(0, 3, 90)))
    fit = steepest.fit(frame.lazy(), "y", loss="multinomial", errors=errors)
    local = steepest.fit(frame, "y", loss="multinomial", errors=errors)
    assert columns(fit, "standard_error") == pytest.approx(
        columns(local, "standard_error"), rel=1e-8
    )


@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "through zero"])
@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("name", ["stackloss", "ccard", "scotland"])
def test_an_engine_is_asked_for_robust_errors_of_squared_loss(
    name: str, kind: Any, intercept: bool
) -> None:
    pl = pytest.importorskip("polars")
    features, target = table(name)
    weights = np.random.default_rng(6).uniform(0.5, 2.0, len(target))
    frame = features.reset_index(drop=True).assign(y=target.to_numpy(), w=weights)
    frame["both"] = frame.iloc[:, 0] + frame.iloc[:, 1]
    fit = steepest.fit(
        pl.from_pandas(frame).lazy(), "y", weights="w", intercept=intercept, errors=kind
    )
    exog = design(features) if intercept else features.to_numpy()
    plain = sm.WLS(target.to_numpy(), exog, weights=weights).fit()
    agree(fit, plain.get_robustcov_results(kind))


def test_a_row_that_alone_determines_a_parameter_has_no_error() -> None:
    """Its leverage is 1: HC2 and HC3 are 0/0, HC0 is not."""
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {"x": np.arange(12.0), "one": np.arange(12) == 5, "y": np.arange(12.0) % 5}
    )
    for source in (frame, frame.lazy()):
        assert steepest.fit(source, "y", errors="HC0").inference is not None
        for kind in ("HC2", "HC3"):
            fit = steepest.fit(source, "y", errors=kind)
            assert fit.inference is None
            assert "a row alone determines" in fit.missing("inference")


def test_errors_are_refused_where_there_are_none_such() -> None:
    with pytest.raises(steepest.InputError, match="use 'classical', 'robust', or 'HC0' to 'HC3'"):
        steepest.fit([1, 2, 3], [2, 4, 6.5], errors="HC4")  # type: ignore[arg-type]  # the error
    with pytest.raises(steepest.InputError, match="errors HC3 belongs to squared loss"):
        steepest.fit([1, 2, 3], [2, 4, 6], loss="poisson", errors="HC3")


def test_a_column_of_one_value_has_no_interval() -> None:
    features = np.column_stack([np.arange(6.0), np.ones(6)])
    fit = steepest.fit(features, [1, 3, 2, 5, 4, 8], loss="poisson")
    assert fit.inference is not None
    assert set(fit.inference.intervals) == {"x1", "intercept"}
    alone = steepest.fit(features[:, :1], [1, 3, 2, 5, 4, 8], loss="poisson")
    assert alone.inference is not None
    assert fit.inference["x1"].standard_error == pytest.approx(
        alone.inference["x"].standard_error, rel=1e-10
    )
    assert "x2" in fit.summary()
