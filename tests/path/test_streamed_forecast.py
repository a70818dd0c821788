"""Forecast and verdict of rows that are read block by block: against the same rows in memory, and
against descents that are walked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.descent.checkpoint import Checkpoint
from steepest.descent.optimizers import SGD, Adam
from steepest.descent.plan import Plan, schedule_or_auto
from steepest.diagnosis.forecast_minibatch import forecast_batches, minimum_near
from steepest.losses import make_loss
from steepest.models.mini_batches import MiniBatches
from steepest.path.full_batch import descend_fully
from steepest.path.minibatch_path import MinibatchPath, descend_in_batches
from steepest.path.streamed_path import descend_stream
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_in_engine import lazy_problem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import ArrayStream
from steepest.reports.boxes import forecast_box
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import open_lazy

SOURCE = np.random.default_rng(0)
ROWS = 8000
X = SOURCE.normal(size=(ROWS, 4)) @ (np.eye(4) + 0.5 * SOURCE.normal(size=(4, 4)))
ETA = X @ SOURCE.normal(size=4)
TARGETS = {
    "squared": ETA + 1.0 + SOURCE.normal(size=ROWS),
    "logistic": (SOURCE.uniform(size=ROWS) < 1.0 / (1.0 + np.exp(-ETA))).astype(float),
    "poisson": SOURCE.poisson(np.exp(np.clip(0.3 * ETA, -5.0, 3.0))).astype(float),
}
WEIGHTS = SOURCE.integers(0, 3, ROWS).astype(float)
FALLING = "inverse:0.1,decay=0.001"
NUMBERS = (
    "stable_rate", "best_rate", "condition_number", "minimum", "noise_floor", "independent_floor",
    "half_rate_floor", "twice_batch_floor", "averaged_floor", "excess", "noise",
    "growth_of_update", "epochs_to_floor",
)  # fmt: skip


def plan_of(loss: str, lr: float | str, **changes: Any) -> Plan:
    schedule = schedule_or_auto(lr)
    plan = Plan(make_loss(loss), L2(1e-3), False, SGD(), schedule, 16, 6, None, True, False)
    return replace(plan, **changes)


def streamed(loss: str, weights: np.ndarray | None = None) -> StreamedProblem:
    stream = ArrayStream.of(X, TARGETS[loss], weights, block_rows=1000)
    return StreamedProblem.of(stream, loss=make_loss(loss), penalty=L2(1e-3))


def in_memory(loss: str, weights: np.ndarray | None = None) -> LinearProblem:
    return LinearProblem.of(
        X, TARGETS[loss], loss=make_loss(loss), penalty=L2(1e-3), weights=weights
    )


def walked(loss: str, lr: float | str, weights: np.ndarray | None = None, **changes: Any) -> Any:
    """A streamed path, and the forecast of the same descent in memory."""
    plan, problem = plan_of(loss, lr, **changes), in_memory(loss, weights)
    path = descend_stream(streamed(loss, weights), plan)
    return path, forecast_batches(problem, plan, problem.start(), path.end, path.last_epoch)


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of at most 4000 rows."""
    monkeypatch.setattr("steepest.problems.stream_survey.MOST_ROWS", 4000)


def near(value: float | None, rel: float) -> object:
    """What is near this value; of an unknown one None."""
    return None if value is None else pytest.approx(value, rel=rel)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighed"])
@pytest.mark.parametrize("lr", [0.02, FALLING, 3.0])
@pytest.mark.parametrize("loss", list(TARGETS))
def test_a_sample_of_all_rows_says_what_rows_in_memory_say(
    loss: str, lr: float | str, weights: np.ndarray | None
) -> None:
    path, known = walked(loss, lr, weights)
    said = path.forecast
    for name in NUMBERS:
        assert getattr(said, name) == near(getattr(known, name), rel=1e-6), name
    assert said.measured_rows == said.rows == ROWS
    assert str(said) == str(known)


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("lr", [0.02, FALLING])
@pytest.mark.parametrize("loss", list(TARGETS))
def test_a_sample_says_nearly_what_all_rows_say(loss: str, lr: float | str) -> None:
    path, known = walked(loss, lr)
    said = path.forecast
    assert 2000 <= said.measured_rows <= 4000
    assert str(said).startswith(f"Measured on {said.measured_rows} of 8000 rows, drawn at random. ")
    for name in ("stable_rate", "best_rate", "condition_number", "noise_floor", "excess"):
        assert getattr(said, name) == near(getattr(known, name), rel=0.15)
    # The sample's own minimum is off by its noise; that of all rows is found by their slope.
    left = path.last.objective - known.minimum
    assert path.last.objective - said.minimum == pytest.approx(left, rel=0.15)


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(("loss", "lr"), [("squared", 0.05), ("logistic", 1.0), ("poisson", 0.02)])
def test_the_floor_is_where_streamed_epochs_end(loss: str, lr: float) -> None:
    problem = in_memory(loss)
    least = minimum_near(problem, problem.start())
    assert least is not None
    path = descend_stream(streamed(loss), plan_of(loss, lr, epochs=60), least)
    ends = np.array([step.objective for step in path.kept[10:]]) - problem.objective(least)
    assert ends.mean() == pytest.approx(path.forecast.noise_floor, rel=0.3)
    assert path.verdict.kind in ("converged", "plateau")
    assert "the noise of batches of 16 keeps it about" in path.verdict.reason


@pytest.mark.usefixtures("sampled")
def test_the_stable_rate_parts_runs_that_blow_up_from_those_that_do_not() -> None:
    stable = descend_stream(streamed("squared"), plan_of("squared", 0.1)).forecast.stable_rate
    below = descend_stream(streamed("squared"), plan_of("squared", 0.7 * stable))
    above = descend_stream(streamed("squared"), plan_of("squared", 2.0 * stable))
    assert below.verdict.kind != "diverged"
    assert above.verdict.kind == "diverged"
    assert above.verdict.reason.startswith(
        f"Learning rate {2.0 * stable:.6g} is above {stable:.6g}"
    )
    assert above.verdict.advice.startswith(f"Rates below {stable:.6g} settle; ")


@pytest.mark.usefixtures("sampled")
def test_divergence_names_the_direction_and_its_columns() -> None:
    features = SOURCE.normal(size=(ROWS, 2)) * [1.0, 10.0]
    stream = ArrayStream.of(features, features @ [1.0, 1.0], block_rows=1000)
    problem = StreamedProblem.of(
        stream, loss=make_loss("squared"), standardize=False, names=["low", "high"]
    )
    path = descend_stream(problem, plan_of("squared", 0.1))
    assert path.verdict.kind == "diverged"
    assert "times an update (root mean square), most along high (>99%)." in path.verdict.reason
    assert "most along high (>99%): the run diverges." in str(path.forecast)


@pytest.mark.usefixtures("sampled")
def test_a_run_on_its_way_and_one_that_arrives() -> None:
    slow = descend_stream(streamed("squared"), plan_of("squared", 1e-4)).verdict
    assert slow.kind == "max steps"
    assert "noise would let it come to" in slow.reason
    problem = in_memory("squared")
    least = minimum_near(problem, problem.start())
    assert least is not None
    path = descend_stream(streamed("squared"), plan_of("squared", "inverse:0.1,decay=0.01"))
    assert path.verdict.kind == "max steps"
    assert path.certificate is not None and path.certificate.excess is not None
    above = path.last.objective - problem.objective(least)
    assert path.certificate.excess == pytest.approx(above, rel=1e-6)
    assert f"{above:.4g} above the minimum {problem.objective(least):.4g}" in path.verdict.reason
    assert path.forecast.minimum == pytest.approx(problem.objective(least), rel=1e-3)


def test_an_automatic_rate_falls_and_is_forecast_so() -> None:
    path = descend_stream(streamed("squared"), plan_of("squared", "auto"))
    assert "Over 6 epochs the learning rate goes to" in str(path.forecast)
    assert path.forecast.minimum is not None
    late = np.mean([step.objective for step in path.kept[2:]]) - path.forecast.minimum
    assert late == pytest.approx(path.forecast.excess, rel=0.5)


def test_what_a_mean_of_steps_leaves_is_told_as_in_memory() -> None:
    plan = plan_of("squared", 0.05, average=True, shuffle=False)
    path = descend_stream(streamed("squared"), plan)
    problem = in_memory("squared")
    known = descend_in_batches(problem, plan, problem.start(), 0)
    assert path.end == pytest.approx(known.end)
    assert str(path.verdict) == str(known.verdict)


def test_what_is_not_forecast() -> None:
    adam = descend_stream(streamed("squared"), plan_of("squared", 0.1, optimizer=Adam()))
    assert str(adam.forecast).endswith("what it will do is not forecast.")
    assert adam.forecast.minimum is not None and np.isfinite(adam.forecast.minimum)
    stream = ArrayStream.of(X, TARGETS["squared"], block_rows=1000)
    problem = StreamedProblem.of(stream, loss=make_loss("absolute"))
    path = descend_stream(problem, replace(plan_of("squared", 0.1), loss=problem.loss))
    assert str(path.forecast) == (
        "Absolute loss has kinks: curvature does not say what the run will do."
    )


def test_an_objective_that_is_no_number_names_the_linear_predictors() -> None:
    path = descend_stream(streamed("poisson"), plan_of("poisson", 0.2, batch_size=1, epochs=30))
    assert path.verdict.kind == "diverged"
    problem = streamed("poisson")
    user = np.array([0.0, 0.0, 0.0, 0.0, 2.0])
    assert str(problem.explain(user)) == "the linear predictors of the rows run from 2 to 2"


@pytest.mark.usefixtures("sampled")
def test_a_run_that_was_stopped_is_forecast_and_judged_as_one_that_was_not(tmp_path: Path) -> None:
    straight = descend_stream(streamed("logistic"), plan_of("logistic", 1.0))
    keep = Checkpoint(tmp_path / "run.ckpt", {})
    descend_stream(streamed("logistic"), plan_of("logistic", 1.0, epochs=3), checkpoint=keep)
    again = descend_stream(streamed("logistic"), plan_of("logistic", 1.0), checkpoint=keep)
    assert again.forecast.to_dict() == straight.forecast.to_dict()
    assert again.verdict == straight.verdict
    assert again.verdict.kind == "plateau"


@pytest.mark.usefixtures("sampled")
def test_the_fit_of_a_stream_shows_forecast_and_verdict(tmp_path: Path) -> None:
    table = np.column_stack([X, TARGETS["squared"]])
    file = tmp_path / "rows.csv"
    np.savetxt(file, table, delimiter=",", header="a,b,c,d,y", comments="", fmt="%.9g")
    fit = steepest.fit(
        str(file),
        target="y",
        lr=0.02,
        epochs=4,
        batch_size=MiniBatches(16, checkpoint=tmp_path / "run.ckpt"),
    )
    assert isinstance(fit.path, MinibatchPath)
    forecast = fit.forecast
    said = f"Measured on {forecast.measured_rows} of 8000 rows, drawn at random."
    told = " ".join(fit.summary().split())
    assert said in told
    assert "Noise keeps the objective about" in told
    assert "the noise of batches of 16" in told
    data: Any = fit.to_dict()["forecast"]
    assert data["measured_rows"] == forecast.measured_rows < data["rows"] == 8000
    assert forecast.noise_floor is not None
    assert data["noise_floor"] == forecast.noise_floor > 0.0
    assert said in str(forecast_box(forecast))  # the report's


@pytest.mark.parametrize("average", [False, True])
def test_a_stream_is_measured_at_its_end_as_rows_in_memory_are(
    tmp_path: Path, average: bool
) -> None:
    file = tmp_path / "rows.csv"
    table = np.column_stack([X, TARGETS["logistic"]])
    np.savetxt(file, table, delimiter=",", header="a,b,c,d,y", comments="", fmt="%.17g")
    options: dict[str, Any] = {"target": "y", "loss": "logistic", "lr": 0.2, "epochs": 4}
    batches = MiniBatches(100, shuffle=False, average=average)
    known = steepest.fit(str(file), batch_size=batches, **options)
    keep = replace(batches, checkpoint=tmp_path / "run.ckpt")
    fit = steepest.fit(str(file), batch_size=keep, **options)
    file.unlink()  # what the verdict says was measured before
    assert fit.certificate is not None and known.certificate is not None
    assert fit.certificate.gaps == pytest.approx(known.certificate.gaps, rel=1e-6)
    assert fit.certificate.excess == pytest.approx(known.certificate.excess, rel=1e-6)
    assert fit.objective == pytest.approx(known.objective, rel=1e-12)
    assert fit.verdict.kind == known.verdict.kind == "max steps"
    assert "of its standard errors" in fit.verdict.reason


def test_ctrl_c_in_the_last_look_leaves_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(self: object, parameters: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StreamedProblem, "second_order", pressed)
    path = descend_stream(streamed("logistic"), plan_of("logistic", 1.0), last_look=True)
    assert path.last_epoch == 6
    assert path.certificate is None
    assert path.verdict.kind == "interrupted"


@pytest.mark.parametrize("loss", list(TARGETS))
@pytest.mark.parametrize("lr", [0.1, 50.0])
def test_all_rows_at_every_update_are_forecast_and_judged_wherever_they_are(
    loss: str, lr: float
) -> None:
    plan = plan_of(loss, lr, batch_size=None)
    columns = {f"x{i + 1}": X[:, i] for i in range(4)}
    table = open_lazy(pl.LazyFrame({**columns, "y": TARGETS[loss]}))
    lazily = lazy_problem(table, Encoding.learn(table, "y"), loss=make_loss(loss), penalty=L2(1e-3))
    known = descend_fully(in_memory(loss), plan, in_memory(loss).start())
    for problem in (streamed(loss), lazily):
        path = descend_fully(problem, plan, problem.start())
        assert path.forecast.stable_rate == pytest.approx(known.forecast.stable_rate, rel=1e-6)
        assert str(path.forecast) == str(known.forecast)
        assert path.verdict.kind == known.verdict.kind
        assert path.verdict.advice == known.verdict.advice
