"""The noise floor and the stable rate of mini-batches, against descents that are walked."""

import numpy as np
import pytest

from steepest.arrays import Floats
from steepest.curvature.gradient_noise import GradientNoise
from steepest.curvature.shuffled_batches import Draw
from steepest.descent.minibatch import Settings, minibatch_steps
from steepest.descent.minibatch_epochs import rows_of
from steepest.descent.optimizers import SGD, Adam, Optimizer
from steepest.descent.plan import Plan, schedule_or_auto
from steepest.descent.schedules import Constant
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_minibatch import forecast_batches, minimum_near
from steepest.losses import Loss, make_loss
from steepest.penalties.penalties import L1, L2, Penalty
from steepest.problems.linear import LinearProblem

ROWS = 1000


def problem_of(loss: str = "squared", rows: int = ROWS, noise: float = 1.0) -> LinearProblem:
    source = np.random.default_rng(0)
    mix = np.eye(4) + 0.5 * source.normal(size=(4, 4))
    features = source.normal(size=(rows, 4)) @ mix
    eta = features @ source.normal(size=4)
    target = eta + 1.0 + noise * source.normal(size=rows)
    if loss != "squared":
        target = (source.uniform(size=rows) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return LinearProblem.of(features, target, loss=make_loss(loss))


def plan_of(
    loss: Loss,
    lr: object,
    batch: int,
    epochs: int = 50,
    optimizer: Optimizer | None = None,
    penalty: Penalty | None = None,
) -> Plan:
    made = optimizer or SGD()
    schedule = schedule_or_auto(lr)
    return Plan(loss, penalty or L2(0.0), False, made, schedule, batch, epochs, None, True, False)


def forecast(problem: LinearProblem, lr: object, batch: int, **more: object) -> Forecast:
    plan = plan_of(problem.loss, lr, batch, penalty=problem.penalty, **more)  # type: ignore[arg-type]  # tests name them
    return forecast_batches(problem, plan, problem.start(), problem.start(), plan.epochs)


def walked(
    problem: LinearProblem, start: Floats, lr: float, batch: int, epochs: int, momentum: float = 0.0
) -> Floats:
    """The kernel's objectives at the ends of shuffled epochs."""
    coordinates = problem.coordinates
    settings = Settings(
        problem.loss,
        SGD(momentum=momentum),
        Constant(lr),
        batch=batch,
        centre=coordinates.centre,
        spread=coordinates.spread,
    )
    steps = minibatch_steps(rows_of(problem), settings, start, epochs)
    return np.array([step.objective for step in steps])


def drawn(problem: LinearProblem, least: Floats, lr: float, batch: int, updates: int) -> float:
    """The mean excess of descents whose every update draws its rows anew; 200 of them at once."""
    source = np.random.default_rng(1)
    coordinates = problem.coordinates
    rows = (problem.features - coordinates.centre) / coordinates.spread
    rows = np.column_stack([rows, np.ones(len(rows))])
    hessian, error, total = problem.hessian(least), np.tile(least, (200, 1)), 0.0
    for k in range(updates):
        if batch == 1:
            picked = source.integers(len(rows), size=(200, 1))
        else:
            picked = source.random((200, len(rows))).argpartition(batch, axis=1)[:, :batch]
        seen, target = rows[picked], problem.target[picked]
        slopes = problem.loss.slope(np.einsum("rbd,rd->rb", seen, error), target)
        error = error - lr / batch * np.einsum("rb,rbd->rd", slopes, seen)
        if k >= updates // 4:
            gap = error - least
            total += 0.5 * float(np.einsum("rd,de,re->", gap, hessian, gap)) / 200.0
    return total / (updates - updates // 4)


@pytest.mark.parametrize(  # every share with every batch, in turn with one loss and the other
    ("loss", "share", "batch"),
    [
        (("squared", "logistic")[(i + j) % 2], share, batch)
        for i, share in enumerate([0.02, 0.1, 0.3])
        for j, batch in enumerate([1, 10, 100])
    ],
)
def test_the_floor_is_where_shuffled_epochs_end(loss: str, share: float, batch: int) -> None:
    problem = problem_of(loss)
    lr = share * forecast(problem, 0.1, batch).stable_rate
    said = forecast(problem, lr, batch)
    least = minimum_near(problem, problem.start())
    assert least is not None
    assert said.minimum is not None
    assert said.noise_floor is not None and said.independent_floor is not None
    ends = walked(problem, least, lr, batch, epochs=500)[100:] - said.minimum
    assert ends.mean() == pytest.approx(said.noise_floor, rel=0.15)
    assert said.noise_floor < said.independent_floor


@pytest.mark.parametrize(("batch", "lr"), [(1, 0.02), (10, 0.1)])
def test_the_floor_of_rows_that_are_drawn_anew(batch: int, lr: float) -> None:
    problem = problem_of(rows=200)
    said = forecast(problem, lr, batch)
    least = minimum_near(problem, problem.start())
    assert least is not None
    found = drawn(problem, least, lr, batch, updates=2000)
    assert found == pytest.approx(said.independent_floor, rel=0.1)


def test_small_rates_leave_what_the_trace_of_the_noise_says() -> None:
    problem = problem_of()
    least = minimum_near(problem, problem.start())
    assert least is not None
    noise, draw = GradientNoise.at(problem, least), Draw(ROWS, 10)
    assert noise is not None
    gradients = np.concatenate([terms.gradients() for terms in problem.row_terms(least)])
    trace = gradients.var(axis=0).sum()
    assert np.trace(noise.covariance) == pytest.approx(trace, rel=1e-9)
    known = 1e-6 / 40.0 * trace * (ROWS - 10) / (ROWS - 1)
    assert noise.independent_floor(1e-6, draw) == pytest.approx(known, rel=1e-3)


def test_the_stable_rate_of_one_parameter() -> None:
    rows = np.array([[1.0], [2.0], [3.0]])
    problem = LinearProblem.of(
        rows, [2.0, 4.0, 6.3], loss=make_loss("squared"), standardize=False, intercept=False
    )
    curvature = 2.0 * rows.ravel() ** 2
    for batch in (1, 2, 3):
        spread = (3 - batch) / 2 / batch * curvature.var()
        known = 2.0 * curvature.mean() / (curvature.mean() ** 2 + spread)
        assert forecast(problem, 0.01, batch).stable_rate == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize("batch", [1, 10, 100, ROWS])
def test_the_stable_rate_parts_runs_that_blow_up_from_those_that_do_not(batch: int) -> None:
    problem = problem_of()
    stable = forecast(problem, 0.01, batch).stable_rate
    start = problem.start()
    below = walked(problem, start, 0.7 * stable, batch, epochs=60)
    above = walked(problem, start, 2.0 * stable, batch, epochs=60)
    assert below[20:].mean() < below[0]
    assert not above[-1] < 1e6 * above[0]


def test_momentum_is_a_rate_that_much_larger() -> None:
    problem = problem_of()
    plain = forecast(problem, 0.01, 1)
    heavy = forecast(problem, 0.001, 1, optimizer=SGD(momentum=0.9))
    assert heavy.noise_floor == pytest.approx(plain.noise_floor, rel=0.1)
    least = minimum_near(problem, problem.start())
    assert least is not None
    assert heavy.minimum is not None
    ends = walked(problem, least, 0.001, 1, 400, momentum=0.9)[100:] - heavy.minimum
    assert ends.mean() == pytest.approx(heavy.noise_floor, rel=0.15)


def test_the_floor_follows_rate_and_batch() -> None:
    problem = problem_of()
    said = forecast(problem, 0.02, 2)
    assert said.half_rate_floor == pytest.approx(forecast(problem, 0.01, 2).noise_floor)
    assert said.twice_batch_floor == pytest.approx(forecast(problem, 0.02, 4).noise_floor)
    assert said.noise_floor is not None
    assert said.half_rate_floor is not None and said.twice_batch_floor is not None
    assert 0.4 < said.half_rate_floor / said.noise_floor < 0.5
    assert 0.4 < said.twice_batch_floor / said.noise_floor < 0.5


def test_rows_that_a_line_fits_have_no_floor() -> None:
    said = forecast(problem_of(noise=0.0), 0.01, 1)
    assert said.noise_floor == 0.0
    assert "There is no noise at the minimum: the run goes all the way." in said.sentences()


def test_a_rate_that_falls() -> None:
    problem = problem_of()
    said = forecast(problem, "inverse:0.1,decay=0.01", 10, epochs=50)
    coordinates = problem.coordinates
    settings = Settings(
        problem.loss,
        SGD(),
        schedule_or_auto("inverse:0.1,decay=0.01") or Constant(0.1),
        batch=10,
        centre=coordinates.centre,
        spread=coordinates.spread,
    )
    ends = []
    assert said.minimum is not None
    for seed in range(30):
        *_, last = minibatch_steps(
            rows_of(problem), Settings(**{**vars(settings), "seed": seed}), problem.start(), 50
        )
        ends.append(last.objective - said.minimum)
    assert np.mean(ends) == pytest.approx(said.excess, rel=0.3)
    assert said.sentences()[-1].startswith("Over 50 epochs the learning rate goes to 0.00196")


def test_what_is_not_forecast() -> None:
    problem = problem_of()
    assert str(forecast(problem, 0.1, 10, optimizer=Adam())).endswith(
        "Adam scales its steps itself: what it will do is not forecast."
    )
    lasso = LinearProblem.of(problem.features, problem.target, loss=problem.loss, penalty=L1(0.1))
    assert str(forecast(lasso, 0.1, 10)) == (
        "An L1 penalty has kinks: curvature does not say what the run will do."
    )
    assert "halves the rate" in str(forecast(problem, "auto", 10))


def test_rows_that_can_be_parted_have_no_minimum() -> None:
    problem = LinearProblem.of(
        [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], loss=make_loss("logistic")
    )
    said = forecast(problem, 0.1, 2)
    assert said.sentences()[-1] == "The rows have no minimum: the objective falls for ever."


def test_the_words() -> None:
    said = forecast(problem_of(), 0.1, 10)
    assert said.noise_floor is not None and said.minimum is not None
    told = said.sentences()
    assert told[0].startswith("The curvature runs from ")
    assert told[1] == (
        f"For batches of 10 rows rates below {said.stable_rate:.6g} are stable; "
        f"{said.best_rate:.4g} needs the fewest epochs."
    )
    assert told[3].startswith(
        f"Noise keeps the objective about {said.noise_floor:.4g} above its minimum "
        f"{said.minimum:.4g} ({100 * said.noise_floor / said.minimum:.2g} %); from this start"
    )
    assert told[4] == (
        f"Half the rate would leave {said.half_rate_floor:.4g}, twice the batch "
        f"{said.twice_batch_floor:.4g}."
    )
    assert said.to_dict()["noise_floor"] == said.noise_floor


def test_curvatures_that_no_digit_tells_apart_are_one() -> None:
    features = np.eye(2)[np.arange(40) % 2] * [[1.0, 1.0 + 1e-7]]
    said = forecast(
        LinearProblem.of(features, np.arange(40.0), loss=make_loss("squared"), intercept=False),
        0.1,
        4,
    )
    assert said.eigenvalues[0] < said.eigenvalues[1]
    assert said.sentences()[0] == "The curvature is 2 in every direction."


def test_a_rate_that_is_next_to_nothing_is_forecast() -> None:
    assert forecast(problem_of(rows=1001), 1e-300, 10).noise_floor == pytest.approx(0.0)
