"""Time until a fit of badly scaled real rows is good, against scikit-learn and skglm.

Logistic loss: from the call to the first epoch whose held-out loss is within 1 % of the optimum's.
The rows are scikit-learn's breast cancer table (569 x 30, columns from 1e-3 to 4e3 in size), once
as it is and once drawn from it with replacement, each number jittered by a tenth of its column's
deviation: rows held out are then other draws of the same patients, and what is compared is the
descent, not medicine. The optimum is lbfgs at tol=1e-12 on standardised columns, with C=1, which
is the penalty of all (as `ridge` for steepest) but SGDClassifier, which has its default.

L1: until the objective of the standardised training rows is within 1 %, and within 1e-6, of the
lowest, at a tenth of the penalty that makes all coefficients 0. Squared loss on scikit-learn's
diabetes table in its raw units with squares and products of its columns (442 x 65, from 0.5 to
9e4), drawn in the same way; logistic loss on the breast cancer tables.

Everyone has default settings. Where the plain call ends good, its time counts ("own end"), unless
fewer epochs are good sooner: the first good epoch is found by runs from the start with ever more
epochs (iterations of lbfgs) and no tolerance, then a bisection, and the run with so many is timed.
"never in k": a run of k epochs took longer than `--seconds`, or k is 20,000. skglm counts no
epochs: its "epochs" are k of tol = penalty / 2^k. Scaling, where there is some, is within the time.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from measure import best_of, options, report
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import Lasso, LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import steepest
from steepest.arrays import Floats
from steepest.estimators import GradientDescentClassifier

try:
    import skglm
except ImportError:
    skglm = None  # its rows then say that it is not installed

# Coefficients and intercept in the units of the rows.
Line = tuple[Floats, float]
JITTER = 0.1
HELD_OUT = 0.3
MOST_EPOCHS = 20_000


class Rows(NamedTuple):
    """Rows to train on and rows held out."""

    name: str
    features: Floats
    target: Floats
    held_features: Floats
    held_target: Floats


class Contestant(NamedTuple):
    """Who fits: `fit(None)` with all defaults, `fit(k)` with k epochs and no tolerance."""

    name: str
    fit: Callable[[int | None], Line]


class Goal(NamedTuple):
    """What is to be reached: an excess over the optimum, relative to it, and how it is measured."""

    name: str
    excess: Callable[[Line], float]
    level: float


class Found(NamedTuple):
    """The first good number of epochs, None for never; else the lowest excess, and the epochs."""

    epochs: int | None
    lowest: float
    most: int


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument("--rows", type=int, default=20_000, help="rows drawn of each table")
    parser.add_argument("--seconds", type=float, default=2.0, help="a longer run is never good")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # that a run of few epochs has not converged
    table: list[dict[str, object]] = []
    for count in (None, chosen.rows):
        cancer, diabetes = cancer_rows(count), diabetes_rows(count)
        table += raced(cancer, *held_out_race(cancer), chosen)
        table += raced(cancer, *l1_race(cancer), chosen)
        table += raced(diabetes, *lasso_race(diabetes), chosen)
    report("peers", table, as_json=chosen.json)


# The rows.


def cancer_rows(count: int | None) -> Rows:
    """The breast cancer table; `count`: rows to draw, None for the table itself."""
    features, target = load_breast_cancer(return_X_y=True)
    return parted("breast cancer", features, target.astype(np.float64), count)


def diabetes_rows(count: int | None) -> Rows:
    """The diabetes table in raw units, with squares and products."""
    rows = parted("diabetes", *load_diabetes(return_X_y=True, scaled=False), count)
    wider = PolynomialFeatures(2, include_bias=False).fit_transform
    return rows._replace(features=wider(rows.features), held_features=wider(rows.held_features))


def parted(name: str, features: Floats, target: Floats, count: int | None) -> Rows:
    """Some rows to train on, and some held out."""
    rng = np.random.default_rng(0)
    if count is None:
        order = rng.permutation(len(target))
        split = round(len(target) * (1.0 - HELD_OUT))
    else:
        order = rng.integers(len(target), size=round(count * (1.0 + HELD_OUT)))
        split = count
    drawn = features[order]
    if count is not None:
        drawn = drawn + JITTER * features.std(axis=0) * rng.standard_normal(drawn.shape)
    y = target[order]
    title = f"{name}, {split} rows"
    return Rows(title, drawn[:split], y[:split], drawn[split:], y[split:])


# The races: who takes part, and for what.


def held_out_race(rows: Rows) -> tuple[list[Contestant], list[Goal]]:
    """Logistic loss of held-out rows."""
    ridge = 0.5 / len(rows.target)  # C = 1
    tight = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-12, max_iter=100_000))
    optimum = held_out_loss(rows, line_of(tight.fit(rows.features, rows.target)))
    goal = Goal("held-out loss", lambda line: held_out_loss(rows, line) / optimum - 1.0, 0.01)
    ours = [
        Contestant(f"steepest.fit{said}", fitted(rows, loss="logistic", ridge=ridge, **given))
        for said, given in sizes(full="", batch=", batch {}")
    ]
    ours += [
        Contestant(
            f"GradientDescentClassifier{said}",
            trained(rows, GradientDescentClassifier(ridge=ridge, **given), None),
        )
        for said, given in sizes(full="", batch=", batch {}")
    ]
    peers = [
        ("SGDClassifier", SGDClassifier(loss="log_loss", random_state=0), None),
        ("LogisticRegression, lbfgs", LogisticRegression(), 0.0),
        ("LogisticRegression, saga", LogisticRegression(solver="saga", random_state=0), 0.0),
    ]
    theirs = []
    for name, model, off in peers:
        theirs.append(Contestant(f"{name}, raw", trained(rows, model, off)))
        theirs.append(Contestant(f"{name}, scaled", trained(rows, model, off, scaled=True)))
    return ours + theirs, [goal]


def l1_race(rows: Rows) -> tuple[list[Contestant], list[Goal]]:
    """Logistic loss with L1."""
    scaled = StandardScaler().fit_transform(rows.features)
    l1 = 0.1 * float(np.abs(scaled.T @ (rows.target - rows.target.mean())).max()) / len(scaled)
    strength = 1.0 / (len(scaled) * l1)
    model = LogisticRegression(C=strength, l1_ratio=1.0, solver="saga", random_state=0)
    who = [
        Contestant(f"steepest.fit, l1{said}", fitted(rows, loss="logistic", l1=l1, **given))
        for said, given in sizes(full="", batch=", batch {}")
    ]
    saga = Contestant("LogisticRegression, saga, scaled", trained(rows, model, 0.0, scaled=True))
    who.append(saga)
    if skglm is not None:
        sparse = skglm.SparseLogisticRegression(l1)
        fit = within(rows, sparse, l1)
        who.append(Contestant("skglm.SparseLogisticRegression, scaled", fit))

    def objective(line: Line) -> float:
        slopes = line[0] * rows.features.std(axis=0)
        return log_loss(rows.features @ line[0] + line[1], rows.target) + l1 * np.abs(slopes).sum()

    return who, objective_goals(saga, objective, 5_000)


def lasso_race(rows: Rows) -> tuple[list[Contestant], list[Goal]]:
    """Squared loss with L1."""
    scaled = StandardScaler().fit_transform(rows.features)
    alpha = 0.1 * float(np.abs(scaled.T @ (rows.target - rows.target.mean())).max()) / len(scaled)
    who = [Contestant("steepest.fit, l1", fitted(rows, loss="squared", l1=2.0 * alpha))]
    if skglm is not None:
        fit = within(rows, skglm.Lasso(alpha), alpha)
        who.append(Contestant("skglm.Lasso, scaled", fit))
    who.append(Contestant("Lasso, scaled", trained(rows, Lasso(alpha), 1e-14, scaled=True)))

    def objective(line: Line) -> float:
        left = rows.features @ line[0] + line[1] - rows.target
        slopes = line[0] * rows.features.std(axis=0)
        return float(np.mean(left**2) + 2.0 * alpha * np.abs(slopes).sum())

    return who, objective_goals(who[-1], objective, 100_000)


def objective_goals(
    tight: Contestant, objective: Callable[[Line], float], epochs: int
) -> list[Goal]:
    """Within 1 %, and within 1e-6, of the objective that `tight` ends with."""
    optimum = objective(tight.fit(epochs))

    def excess(line: Line) -> float:
        return objective(line) / optimum - 1.0

    return [Goal("objective", excess, 0.01), Goal("objective", excess, 1e-6)]


def sizes(*, full: str, batch: str) -> Iterator[tuple[str, dict[str, int]]]:
    """What is said of each size of batch, and the argument."""
    yield full, {}
    for size in (32, 256):
        yield batch.format(size), {"batch_size": size}


# The fits.


def fitted(rows: Rows, **given: Any) -> Callable[[int | None], Line]:
    """`steepest.fit` of the rows."""

    def fit(epochs: int | None) -> Line:
        model = steepest.fit(rows.features, rows.target, epochs=epochs, **given)
        return np.array(list(model.coefficients.values())), model.intercept

    return fit


def trained(
    rows: Rows, model: Any, off: float | None, *, scaled: bool = False
) -> Callable[[int | None], Line]:
    """An estimator's fit of the rows; `off`: the tolerance that never ends a run."""

    def fit(epochs: int | None) -> Line:
        chosen = type(model)(**model.get_params())
        if epochs is not None:
            chosen.set_params(max_iter=epochs, tol=off)
        whole = make_pipeline(StandardScaler(), chosen) if scaled else chosen
        return line_of(whole.fit(rows.features, rows.target))

    return fit


def within(rows: Rows, model: Any, penalty: float) -> Callable[[int | None], Line]:
    """skglm's fit of the scaled rows: to ever smaller tolerances, since it counts no epochs."""

    def fit(halvings: int | None) -> Line:
        chosen = type(model)(**model.get_params())
        if halvings is not None:
            chosen.set_params(tol=penalty * 0.5**halvings)
        whole = make_pipeline(StandardScaler(), chosen)
        return line_of(whole.fit(rows.features, rows.target))

    return fit


def line_of(model: Any) -> Line:
    """Coefficients and intercept in the units of the rows."""
    scaler, last = (model[0], model[-1]) if hasattr(model, "steps") else (None, model)
    slopes, intercept = np.ravel(last.coef_), float(np.ravel(last.intercept_)[0])
    if scaler is None:
        return slopes, intercept
    slopes = slopes / scaler.scale_
    return slopes, intercept - float(slopes @ scaler.mean_)


def held_out_loss(rows: Rows, line: Line) -> float:
    """Mean logistic loss of the rows held out."""
    return log_loss(rows.held_features @ line[0] + line[1], rows.held_target)


def log_loss(eta: Floats, target: Floats) -> float:
    """Mean logistic loss of classes 0 and 1."""
    return float(np.mean(np.logaddexp(0.0, (1.0 - 2.0 * target) * eta)))


# The search for the first good epoch, and the timing.


def raced(
    rows: Rows, who: Sequence[Contestant], goals: Sequence[Goal], chosen: Any
) -> Iterator[dict[str, object]]:
    """A row for every contestant and goal."""
    for contestant in who:
        contestant.fit(None)  # what has to be compiled is
    found = {(c.name, g.level): first_good(c, g, chosen.seconds) for c in who for g in goals}
    ways: dict[Any, Callable[[], object]] = {(c.name, None): partial(c.fit, None) for c in who}
    for contestant in who:
        for goal in goals:
            epochs = found[contestant.name, goal.level].epochs
            if epochs is not None:
                ways[contestant.name, goal.level] = partial(contestant.fit, epochs)
    best = best_of(chosen.rounds, ways)
    for goal in goals:
        ends = {c.name: goal.excess(c.fit(None)) for c in who}
        soonest = {name: best.get((name, goal.level)) for name in ends}
        for name, end in ends.items():
            if end <= goal.level:
                soonest[name] = min(best[name, None], soonest[name] or np.inf)
        ours = min((soonest[c.name] or np.inf for c in who if is_ours(c)), default=np.inf)
        for contestant in who:
            key = contestant.name, goal.level
            seconds = soonest[contestant.name]
            own, end = best[contestant.name, None], ends[contestant.name]
            epochs: object = found[key].epochs or f"never in {found[key].most}"
            yield {
                "rows": rows.name,
                "way": contestant.name,
                "good": f"{goal.name} <= {goal.level:g}",
                "epochs": "own end" if seconds == own else epochs,
                "ms": "" if seconds is None else 1e3 * seconds,
                "times steepest's best": "" if seconds is None else seconds / ours,
                "lowest excess": found[key].lowest if seconds is None else "",
                "own end, ms": 1e3 * own,
                "own end, excess": end,
            }


def is_ours(contestant: Contestant) -> bool:
    """Whether it is steepest's."""
    return contestant.name.startswith(("steepest", "GradientDescent"))


def first_good(contestant: Contestant, goal: Goal, most_seconds: float) -> Found:
    """The fewest epochs that reach the goal; never, where a run takes longer than that."""
    bad, epochs, lowest = 0, 1, np.inf
    while True:
        begin = perf_counter()
        excess = goal.excess(contestant.fit(epochs))
        took = perf_counter() - begin
        lowest = min(lowest, excess)
        if excess <= goal.level:
            break
        if epochs >= MOST_EPOCHS or (bad and took > most_seconds):
            return Found(None, lowest, epochs)
        bad, epochs = epochs, min(MOST_EPOCHS, 2 * epochs)
    while epochs - bad > max(1, epochs // 20):  # to 5 % of the epochs
        middle = (bad + epochs) // 2
        if goal.excess(contestant.fit(middle)) <= goal.level:
            epochs = middle
        else:
            bad = middle
    return Found(epochs, goal.level, epochs)


if __name__ == "__main__":
    main()
