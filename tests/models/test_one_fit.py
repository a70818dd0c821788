"""One kind of fit: what one has, all have, or say why not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import steepest
from steepest.descent.stopping import Stopping
from steepest.models.mini_batches import MiniBatches
from steepest.models.reasons_for_none import REASONS
from steepest.pictures.catalogue import FIT_PICTURES
from steepest.pictures.picture import LeftOut

RNG = np.random.default_rng(11)
X = RNG.normal(size=(60, 2))
SCORE = X @ [1.0, -2.0] + 0.5 * RNG.normal(size=60)
TWO = np.where(SCORE > 0.0, "wet", "dry")
THREE = np.array(["low", "mid", "high"])[np.digitize(SCORE, [-1.0, 1.0])]
COUNTS = RNG.poisson(np.exp(0.5 * X[:, 0])).astype(float)

KINDS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "squared": (SCORE, {}),
    "ridge": (SCORE, {"ridge": 0.1}),
    "adam": (SCORE, {"optimizer": "adam", "lr": 0.1, "epochs": 20}),
    "folds": (SCORE, {"folds": 3, "lr": 0.05}),
    "l1": (SCORE, {"l1": 0.1}),
    "l1 path": (SCORE, {"l1": "path", "folds": 2}),
    "positive": (SCORE, {"positive": True, "validation": 0.2}),
    "batches": (SCORE, {"batch_size": 10, "epochs": 5}),
    "averaged": (
        SCORE,
        {"batch_size": MiniBatches(10, average=True), "epochs": 5, "validation": 0.2},
    ),
    "huber": (SCORE, {"loss": "huber", "epochs": 20}),
    "poisson": (COUNTS, {"loss": "poisson", "epochs": 20}),
    "logistic": (TWO, {"loss": "logistic", "epochs": 20}),
    "hinge": (TWO, {"loss": "hinge", "epochs": 20}),
    "multinomial": (THREE, {"loss": "multinomial", "epochs": 20}),
}


@pytest.fixture(scope="module", params=KINDS)
def fit(request: pytest.FixtureRequest) -> steepest.Fit:
    target, options = KINDS[request.param]
    return steepest.fit(X, target, **options)


def test_all_are_of_one_class_and_one_json(fit: steepest.Fit) -> None:
    assert type(fit) is steepest.Fit
    assert set(fit.to_dict()) == set(steepest.fit(X, SCORE).to_dict())


def test_what_is_none_says_why_in_one_sentence(fit: steepest.Fit) -> None:
    for name in REASONS:
        said = fit.missing(name)
        assert (said == "") == (getattr(fit, name) is not None)
        assert said == "" or (said.endswith(".") and "\n" not in said)


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("ridge", "inference", "No standard errors: their theory does not hold with a ridge "
         "penalty."),
        ("l1", "inference", "No standard errors: their theory does not hold with an L1 penalty."),
        ("positive", "inference", "No standard errors: their theory does not hold with bounds on "
         "the coefficients."),
        ("batches", "inference", "No standard errors: mini-batches end near the minimum, not at "
         "it."),
        ("adam", "inference", "No standard errors: the run did not converge to the minimum."),
        ("huber", "likelihood", "The loss huber is no likelihood of the rows."),
        ("huber", "residual_deviation", "It belongs to squared loss, and the loss is huber."),
        ("logistic", "r2", "The target is a class, not a number."),
        ("poisson", "moments", "Moments are gathered for squared loss of all rows at once; this "
         "fit descended on rows."),
        ("squared", "classes", "The target of this loss is a number, not a class."),
        ("squared", "validation", "No rows were held out: set validation to 0.2, for one."),
    ],
)  # fmt: skip
def test_reasons(kind: str, name: str, said: str) -> None:
    target, options = KINDS[kind]
    assert steepest.fit(X, target, **options).missing(name) == said


def test_a_name_that_is_never_missing() -> None:
    with pytest.raises(steepest.InputError, match=r"under 'infrence'.*Did you mean 'inference'\?"):
        steepest.fit(X, SCORE).missing("infrence")


@pytest.mark.parametrize("view", ("contour", *FIT_PICTURES))
def test_every_picture_is_drawn_or_says_why_not(
    view: str, fit: steepest.Fit, request: pytest.FixtureRequest
) -> None:
    try:
        axes = fit.plot(view)
    except LeftOut as reason:
        assert str(reason).endswith(".") and "\n" not in str(reason)
        return
    if not {"squared", "folds", "l1 path", "multinomial"} & {request.node.callspec.params["fit"]}:
        return  # drawn as one of these
    axes.figure.set_dpi(30)
    canvas: Any = FigureCanvasAgg(axes.figure)  # drawn once; savefig draws twice, for the layout
    canvas.draw()


def test_every_fit_is_saved_reported_and_told_alike(fit: steepest.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert type(loaded) is steepest.Fit
    assert (loaded.summary(), loaded.to_dict()) == (fit.summary(), fit.to_dict())
    loaded.report(tmp_path / "a.html")
    assert "What happened" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [{}, {"intercept": False}, {"validation": 0.25}])
@pytest.mark.parametrize("vanishing", [{"l1": 1e-300}, {"loss": "squared", "l1": 1e-12}])
def test_a_vanishing_penalty_changes_no_number(
    options: Mapping[str, Any], vanishing: Mapping[str, Any]
) -> None:
    exact = steepest.fit(X + 3.0, SCORE, **options)
    # What held-out rows choose is a step of the path: both are walked.
    walked: dict[str, Any] = {"optimizer": "sgd", "stopping": Stopping(gradient_tolerance=1e-13)}
    fit = steepest.fit(X + 3.0, SCORE, **options, **vanishing, **walked)
    assert fit.coefficients == pytest.approx(exact.coefficients, rel=1e-6)
    for name in ("r2", "adjusted_r2", "rmse", "residual_deviation", "objective"):
        assert getattr(fit, name) == pytest.approx(getattr(exact, name), rel=1e-7), name
    assert fit.moments is not None and exact.moments is not None
    np.testing.assert_array_equal(fit.moments.products, exact.moments.products)
    if fit.validation is not None and exact.validation is not None:
        assert fit.validation.r2 == pytest.approx(exact.validation.r2, rel=1e-6)
        assert fit.validation.rows == exact.validation.rows


def test_moments_of_an_l1_fit_can_be_added_and_are_in_its_file(tmp_path: Path) -> None:
    fit = steepest.fit(X[:40], SCORE[:40], l1=0.1)
    fit.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    kept = loaded.moments
    further = steepest.fit(X[40:], SCORE[40:]).moments
    assert kept is not None and further is not None
    total = kept + further
    whole = steepest.fit(X, SCORE, l1=0.1)
    found = steepest.fit(total, l1=0.1)
    assert found.coefficients == pytest.approx(whole.coefficients, rel=1e-6)


def test_score_is_what_scikit_learn_calls_so() -> None:
    from sklearn.metrics import accuracy_score, d2_tweedie_score, r2_score

    number, new = steepest.fit(X, SCORE), X[:30] + 0.1
    assert number.score(new, SCORE[:30]) == pytest.approx(r2_score(SCORE[:30], number.predict(new)))
    classes = steepest.fit(X, THREE, loss="multinomial", epochs=20)
    assert classes.score(X, THREE) == accuracy_score(THREE, classes.predict(X))
    assert classes.score(X[:3], ["never", "seen", "mid"]) == np.mean(
        classes.predict(X[:3]) == ["never", "seen", "mid"]
    )
    counts = steepest.fit(X, COUNTS, loss="poisson", epochs=20)
    explained = d2_tweedie_score(COUNTS, counts.predict(X), power=1.0)
    assert counts.score(X, COUNTS) == pytest.approx(explained)
    assert number.score(X, SCORE) == pytest.approx(number.r2)


def test_score_of_a_table_takes_its_target_column() -> None:
    import pandas

    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1], "wet": SCORE > 0.0})
    fit = steepest.fit(frame, "wet", loss="logistic")
    assert fit.metrics.accuracy is not None
    assert fit.score(frame) == pytest.approx(fit.metrics.accuracy)
    with pytest.raises(steepest.InputError, match=r"has no column 'wet' to compare with"):
        fit.score(frame[["a", "b"]])
    gone = frame.assign(wet=[None, *frame["wet"][1:]])
    with pytest.raises(steepest.InputError, match=r"row 1: column 'wet' has no value"):
        fit.score(gone)
    dropping = steepest.fit(frame, "wet", loss="logistic", missing="drop")
    assert dropping.score(gone) == pytest.approx(fit.score(frame[1:]))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (SCORE[:10], "60 rows and 10 targets were given"),
        (np.ones(60), "the same in every row"),
        (["a"] * 60, "this one holds text"),
        ([np.nan, *SCORE[1:]], "the target is nan at row 1"),
    ],
)
def test_what_cannot_be_scored(target: Any, said: str) -> None:
    with pytest.raises(steepest.InputError, match=said):
        steepest.fit(X, SCORE).score(X, target)


def test_nothing_is_advised_beyond_the_step_that_held_out_rows_prefer(tmp_path: Path) -> None:
    """In the terminal, in JSON and in the report."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 25))
    y = x[:, 0] + 2.0 * random.normal(size=40)
    fit = steepest.fit(x, y, validation=0.4, epochs=60, lr=0.05)
    assert fit.epochs < fit.path.epochs == 60
    assert fit.path.verdict.kind == fit.verdict.kind == "max steps"
    assert fit.path.verdict.advice
    assert fit.verdict.advice == fit.verdict.to_dict()["advice"] == ""
    fit.report(tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert fit.path.verdict.advice not in page
    for explained in ("A factor of 1000 of an error", "Digits: in how many decimal digits"):
        assert explained in page.partition("Words of this page")[2]
