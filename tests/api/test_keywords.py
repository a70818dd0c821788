"""A wrong keyword is answered with the right one, in one line, by every function that has many."""

from inspect import signature
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.errors import InputError, KeywordError
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor

READ = "use steepest.read(source, {}=…)"


@pytest.mark.parametrize(
    ("function", "wrong", "said"),
    [
        (steepest.fit, {"learning_rate": 0.1}, "use lr="),
        (steepest.fit, {"n_epochs": 3}, "use epochs="),
        (steepest.fit, {"num_epochs": 3}, "use epochs="),
        (steepest.fit, {"max_iter": 3}, "use epochs="),
        (steepest.fit, {"iterations": 3}, "use epochs="),
        (steepest.fit, {"alpha": 1.0}, "use ridge= or l1="),
        (steepest.fit, {"penalty": "l2"}, "use ridge= or l1="),
        (steepest.fit, {"C": 1.0}, "use ridge= or l1="),
        (steepest.fit, {"lambda": 1.0}, "use ridge= or l1="),
        (steepest.fit, {"nonnegative": True}, "use positive="),
        (steepest.fit, {"tol": 1e-6}, "use tolerance="),
        (steepest.fit, {"random_state": 0}, "use seed="),
        (steepest.fit, {"fit_intercept": False}, "use intercept="),
        (steepest.fit, {"normalize": True}, "use standardize="),
        (steepest.fit, {"scale": True}, "use standardize="),
        (steepest.fit, {"criterion": "huber"}, "use loss="),
        (steepest.fit, {"loss_fn": "huber"}, "use loss="),
        (steepest.fit, {"solver": "adam"}, "use optimizer="),
        (steepest.fit, {"method": "adam"}, "use optimizer="),
        (steepest.fit, {"x0": [0.0]}, "use start="),
        (steepest.fit, {"initial": [0.0]}, "use start="),
        (steepest.fit, {"sample_weight": [1.0]}, "use weights="),
        (steepest.fit, {"sep": ";"}, READ.format("delimiter")),
        (steepest.fit, {"header": False}, READ.format("header")),
        (steepest.fit, {"names": ["x"]}, READ.format("names")),
        (steepest.fit, {"encoding": "latin-1"}, READ.format("encoding")),
        (steepest.fit, {"usecols": ["x"]}, READ.format("columns")),
        (steepest.fit, {"delta": 2.5}, 'use loss="huber:2.5"'),
        (steepest.fit, {"quantile": 0.9}, 'use loss="quantile:0.9"'),
        (steepest.fit, {"power": 1.5}, 'use loss="tweedie:1.5"'),
        (steepest.fit, {"average": True}, "use batch_size=steepest.MiniBatches(…, average=True)"),
        (steepest.fit, {"patience": 5}, "use stopping=steepest.Stopping(patience=5)"),
        (steepest.fit, {"early_stopping": True}, "use stopping="),
        (steepest.fit, {"minimum_norm": True}, 'use dependent="minimum_norm"'),
        (steepest.minimize, {"time_limit": 9}, "use stopping=steepest.Stopping(time_limit=9)"),
        (
            steepest.study,
            {"gradient_tolerance": 1e-3},
            "use stopping=steepest.Stopping(gradient_tolerance=0.001)",
        ),
        (steepest.minimize, {"learning_rate": 0.1}, "use lr="),
        (steepest.minimize, {"alpha": 0.1}, "use lr="),
        (steepest.minimize, {"init": 7}, "use start="),
        (steepest.study, {"max_iter": 7}, "use epochs="),
        (steepest.study, {"optim": "adam"}, "use optimizer="),
        (steepest.watch, {"criterion": print}, "use loss_fn="),
        (steepest.watch, {"callback": print}, "use callbacks="),
        (steepest.read, {"sep": ";"}, "use delimiter="),
        (steepest.read, {"usecols": ["x"]}, "use columns="),
        (steepest.Moments.of, {"names": ["x"]}, READ.format("names")),
        (GradientDescentRegressor, {"learning_rate": 0.1}, "use lr="),
        (GradientDescentRegressor, {"epochs": 3}, "use max_iter="),
        (GradientDescentClassifier, {"alpha": 0.1}, "use ridge= or l1="),
        (GradientDescentClassifier, {"seed": 0}, "use random_state="),
    ],
)
def test_what_others_call_it(function: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(KeywordError) as caught:
        function(**wrong)
    (name,) = wrong
    called = function.__qualname__
    assert str(caught.value) == f"{called} has no argument {name}=; {said}"
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, InputError)


def test_compare_answers_for_tables_and_for_models() -> None:
    with pytest.raises(KeywordError, match=r"^compare has no argument n_epochs=; use epochs=$"):
        steepest.compare([[1.0, 2.0]], target="x1", n_epochs=3)
    with pytest.raises(KeywordError, match=r"^compare has no argument num_epochs=; use epochs=$"):
        steepest.compare(print, make_optimizer="sgd", loss_fn=print, loader=[], num_epochs=2)


def test_a_fit_answers_for_new_rows() -> None:
    fit = steepest.fit([1, 2, 3], [2, 4, 6.5])
    with pytest.raises(
        KeywordError, match=r"^Fit.predict has no argument header=; use steepest.re"
    ):
        fit.predict("new.csv", header=False)  # type: ignore[call-arg]  # refused
    with pytest.raises(KeywordError, match=r"^Fit.predict_proba has no argument sep=; use steep"):
        fit.predict_proba("new.csv", sep=";")  # type: ignore[call-arg]  # refused
    with pytest.raises(KeywordError, match=r"^Fit.score has no argument y=; use target=$"):
        fit.score([1, 2, 3], y=[2, 4, 6])  # type: ignore[call-arg]  # refused


def test_several_wrong_keywords_are_answered_together() -> None:
    with pytest.raises(TypeError) as caught:
        steepest.fit(X=[1, 2], y=[2, 4], n_epochs=9)  # type: ignore[call-arg]  # refused
    assert str(caught.value) == (
        "fit has no arguments X=, y= and n_epochs=; use source= (the first argument) for X=, "
        "target= for y=, epochs= for n_epochs="
    )


@pytest.mark.parametrize(
    ("function", "wrong", "end"),
    [
        (steepest.fit, "targets", ". Did you mean target=?"),
        (steepest.fit, "learn_rate", ". Did you mean lr=?"),
        (steepest.fit, "standardise_", ". Did you mean standardize=?"),
        (steepest.minimize, "epoch_", ". Did you mean epochs=?"),
    ],
)
def test_a_mistyped_keyword_gets_the_nearest(function: Any, wrong: str, end: str) -> None:
    with pytest.raises(KeywordError) as caught:
        function(**{wrong: 1})
    assert str(caught.value) == f"{function.__qualname__} has no argument {wrong}={end}"


def test_several_parts_of_one_value_are_answered_at_once() -> None:
    with pytest.raises(KeywordError) as caught:
        steepest.fit([1], [2], batch_size=32, shuffle=False, checkpoint="run.steepest")  # type: ignore[call-arg]  # what a user may try
    assert str(caught.value) == (
        "fit has no arguments shuffle= and checkpoint=; use batch_size=steepest.MiniBatches(32, "
        "shuffle=False, checkpoint='run.steepest') for shuffle= and checkpoint="
    )


def test_right_keywords_pass_and_python_says_what_is_left_out() -> None:
    assert steepest.fit(source=[1, 2], target=[2, 4], lr="auto").coefficients["x"] == 2.0
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'source'"):
        steepest.fit()  # type: ignore[call-arg]  # what a user may try


def test_the_signature_is_that_of_the_function() -> None:
    names = list(signature(steepest.fit).parameters)
    assert names[:3] == ["source", "target", "features"]
    assert list(signature(GradientDescentRegressor).parameters)[:2] == ["loss", "delta"]


def test_search_takes_any_name_for_a_parameter_but_not_what_others_call_its_ranges() -> None:
    with pytest.raises(KeywordError, match="search has no argument grid=; use over="):
        steepest.search("x^2", grid="x=0:1:0.1")
    with pytest.raises(InputError, match="the grid names 'qqq', which is no parameter"):
        steepest.search("x^2", qqq=(0, 1, 0.1))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_numbers_of_numpy_are_numbers(kind: type[np.floating[Any]]) -> None:
    rows, target = [[1.0], [2.0], [4.0]], [1.0, 3.0, 4.0]
    number = 0.125  # each of these types holds it exactly
    for name in ("lr", "ridge", "l1"):
        options: list[dict[str, Any]] = [{name: kind(number)}, {name: number}]
        theirs, ours = (steepest.fit(rows, target, **each) for each in options)
        assert theirs.coefficients == ours.coefficients
