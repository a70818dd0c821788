"""The table room's arithmetic is the engine's: paths, rows held out, mini-batches, their floor."""

import itertools
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from tests.lab.bundle import answered, close

import steepest
from steepest.curvature.gradient_noise import GradientNoise
from steepest.curvature.shuffled_batches import Draw
from steepest.losses import Squared
from steepest.problems.linear import LinearProblem

EPOCHS = (0, 1, 2, 7, 100, 12_345, 10**6, 10**9)
ROWS = 40


def tables() -> list[dict[str, Any]]:
    """Below the largest stable rate; columns far from 0, momentum, several features, rows out."""
    draw = np.random.default_rng(8)
    made: list[dict[str, Any]] = []
    for count, momentum, standardize in itertools.product((1, 3), (0.0, 0.5, 0.9), (False, True)):
        x = np.round(draw.normal((3.0, -20.0, 0.0)[:count], 2.0, (ROWS, count)), 3)
        y = np.round(1.5 - x @ np.array([0.7, 0.2, -1.0])[:count] + draw.normal(0.0, 0.5, ROWS), 3)
        scaled = (x - x.mean(0)) / x.std(0) if standardize else x
        columns = np.column_stack([np.ones(ROWS), scaled])
        largest = np.linalg.eigvalsh(2.0 / ROWS * columns.T @ columns)[-1]
        made.append(
            {
                "features": x.T.tolist(),
                "y": y.tolist(),
                "standardize": standardize,
                "start": [2.0, -3.0, 1.0, 0.5][: count + 1],
                "rate": float(np.round(0.4 * (1 - momentum) / largest, 6)),
                "momentum": momentum,
                "epochs": EPOCHS,
                "seed": len(made),
                "batch": 7 if len(made) % 2 else 4,
                "holdout": 0.3 if len(made) % 3 == 2 else 0.0,
            }
        )
    return made


TABLES = tables()
CLASSES = [int(row % 3 == 0) for row in range(ROWS)]


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    alone = {"features": TABLES[8]["features"], "y": TABLES[8]["y"]}
    return answered([*TABLES, {**alone, "classes": CLASSES}, {**alone, "delta": 0.4}])


def fit_of(asked: dict[str, Any], **options: Any) -> steepest.Fit:
    """The engine's fit. Its start is of slopes, then the intercept, in the user's units."""
    x, (training, _) = np.array(asked["features"]).T, kept(asked)
    centre, spread = (training.mean(0), training.std(0)) if asked["standardize"] else (0.0, 1.0)
    slopes = np.array(asked["start"][1:]) / spread
    intercept = asked["start"][0] - float(np.sum(slopes * centre))
    return steepest.fit(
        steepest.read(x.tolist(), names=[f"x{j}" for j in range(x.shape[1])]),
        asked["y"],
        standardize=asked["standardize"],
        start=[*slopes, intercept],
        lr=asked["rate"],
        momentum=asked["momentum"] or None,
        validation=asked["holdout"] or None,
        seed=asked["seed"],
        **options,
    )


def parameters(fit: steepest.Fit, epoch: int) -> list[float]:
    """Intercept and slopes in the coordinates of the descent, then the objective."""
    step = fit.path.at(epoch)
    *slopes, intercept = fit.path.descent_parameters(epoch)
    return [intercept, *slopes, step.objective]


@pytest.mark.parametrize("place", range(len(TABLES)))
def test_any_epoch_is_the_engine_s(place: int, answers: list[Any]) -> None:
    fit = fit_of(TABLES[place], epochs=max(EPOCHS))
    found = np.array(answers[place]["path"], dtype=float)
    close(found[:, :-1], np.array([parameters(fit, epoch) for epoch in EPOCHS]), 1e-10)


@pytest.mark.parametrize("place", range(len(TABLES)))
def test_the_floor_of_mini_batches_is_the_engine_s(place: int, answers: list[Any]) -> None:
    asked = TABLES[place]
    x, y = kept(asked)
    problem = LinearProblem.of(x, y, loss=Squared(), standardize=asked["standardize"])
    centre, spread = problem.coordinates.centre, problem.coordinates.spread
    columns = np.column_stack([(x - centre) / spread, np.ones(len(y))])
    least = np.linalg.lstsq(columns, y, rcond=None)[0]
    noise = GradientNoise.at(problem, least)
    assert noise is not None
    draw = Draw(len(y), asked["batch"], asked["momentum"])
    floor = answers[place]["floor"]
    lr = asked["rate"]
    assert floor["shuffled"] == pytest.approx(noise.shuffled_floor(lr, draw), rel=1e-12)
    assert floor["independent"] == pytest.approx(noise.independent_floor(lr, draw), rel=1e-12)


@pytest.mark.parametrize("place", range(len(TABLES)))
def test_mini_batches_are_the_engine_s(place: int, answers: list[Any]) -> None:
    """The order of the rows too, which follows from the seed. Steps are counted in updates."""
    asked = TABLES[place]
    fit = fit_of(asked, epochs=30, batch_size=asked["batch"])
    updates = -(-len(kept(asked)[1]) // asked["batch"])
    ends = [parameters(fit, epoch * updates) for epoch in range(31)]
    close(answers[place]["ends"], np.array(ends), 1e-10)


@pytest.mark.parametrize(
    "place", [place for place in range(len(TABLES)) if TABLES[place]["holdout"]]
)
def test_rows_held_out_are_the_engine_s(place: int, answers: list[Any]) -> None:
    fit = fit_of(TABLES[place], epochs=max(EPOCHS))
    found = [one[-1] for one in answers[place]["path"]]
    close(found, np.array([held_out_loss(fit, TABLES[place], epoch) for epoch in EPOCHS]), 1e-10)


def held_out_loss(fit: steepest.Fit, asked: dict[str, Any], epoch: int) -> float:
    """The mean square of the residuals of the rows that are not in `kept`, at an epoch."""
    x, y = np.array(asked["features"]).T, np.array(asked["y"])
    training, _ = kept(asked)
    out = ~(x[:, None] == training[None]).all(axis=2).any(axis=1)
    step = fit.path.at(epoch)
    line = x[out] @ np.array([step[name] for name in fit.path.names[:-1]]) + step["intercept"]
    return float(np.mean((line - y[out]) ** 2))


def test_two_classes_have_the_engine_s_logistic_minimum(answers: list[Any]) -> None:
    names = ["a", "b", "c"]
    x = np.array(TABLES[8]["features"]).T
    fit = steepest.fit(steepest.read(x.tolist(), names=names), CLASSES, loss="logistic")
    answer = answers[len(TABLES)]
    assert answer["converged"] and not answer["separated"]
    close(
        answer["lines"][-1], np.array([fit.intercept, *(fit.coefficients[n] for n in names)]), 1e-9
    )


def test_huber_s_line_is_the_engine_s(answers: list[Any]) -> None:
    names = ["a", "b", "c"]
    x = np.array(TABLES[8]["features"]).T
    table = steepest.read(x.tolist(), names=names)
    fit = steepest.fit(table, TABLES[8]["y"], loss="huber:0.4")
    found = [fit.intercept, *(fit.coefficients[name] for name in names)]
    close(answers[-1], np.array(found), 1e-8)


def kept(asked: dict[str, Any]) -> tuple[Any, Any]:
    """The rows that are not held out, by the engine's own split."""
    from steepest.tables.holdout_split import Split

    x, y = np.array(asked["features"]).T, np.array(asked["y"])
    if not asked["holdout"]:
        return x, y
    training = Split.validation(asked["holdout"], asked["seed"]).part(np.arange(len(y))) == 0
    return x[training], y[training]


@pytest.mark.parametrize(
    "table",
    [
        {"data": "sample:cars", "epoch": "12"},
        {"data": "a,b,y\n1,5,2\n2,3,4.5\n3,8,5\n4,1,9\n5,2,9.5\n6,7,12\n", "features": "0,1",
         "target": "2", "standardize": "yes", "momentum": "0.5", "epoch": "30", "start": "1,2,3"},
        {"data": "sample:cloud", "epoch": "900", "batch": "10", "holdout": "0.2", "seed": "3",
         "noise": "0.5"},
        {"data": 'y,intercept,"it\'s ""z"""\n1,5,2\n2,3,4.5\n3,8,5\n4,1,9\n', "features": "0,1",
         "target": "2", "epoch": "3"},
        {"data": "a,b\n,1\n1,2\n2,\n2,4\n3,5.5\n,2\n4,9\n5,9\n6,13\n7,13.5\n8,17\n",
         "epoch": "40", "holdout": "0.5", "seed": "2"},
        {"data": "sample:three", "epoch": "7", "holdout": "0.2", "seed": "1"},
    ],
    ids=["one feature", "several", "mini-batches", "names that others have", "rows left out",
         "no row held out"],
)  # fmt: skip
def test_the_code_that_is_shown_makes_the_descent_that_is_drawn(table: dict[str, str]) -> None:
    (answer,) = answered([{"address": urlencode({"room": "table", "table": urlencode(table)})}])
    names: dict[str, Any] = {}
    exec(answer["code"], names)
    fit = names["fit"]
    found = [fit.intercept, *fit.coefficients.values()]
    if "line" in names:  # it keeps the epoch that is best on the rows held out
        found = [names["line"]["intercept"], *(names["line"][name] for name in fit.coefficients)]
    assert ("line" in names) == ("validation=" in answer["code"])
    assert ("batch_line" in names) == ("line" in names and "batch" in table)
    close(found, np.array(answer["line"]), 1e-10)
    assert ("batches" in names) == ("batch" in table)
