"""`steepest.fit` with a loss, L1 or mini-batches: what it returns, and what it refuses."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.losses import Huber
from steepest.models import gathered_rows, train
from steepest.models.fit_progress import FitProgress
from steepest.models.mini_batches import MiniBatches
from steepest.results.fit import Fit
from steepest.tables.frames.lazy import open_lazy

X = np.random.default_rng(0).normal(size=(60, 2))
NUMBERS = X @ [1.0, -2.0] + np.random.default_rng(1).normal(size=60)
SORTS = np.where(NUMBERS > 0.0, "wet", "dry")
COUNTS = np.random.default_rng(2).poisson(2.0, 60)


@pytest.mark.parametrize("options", [{}, {"loss": "Squared"}, {"ridge": 0.1}])
def test_squared_loss_is_fitted_from_moments(options: Mapping[str, Any]) -> None:
    assert isinstance(steepest.fit(X, NUMBERS, **options), Fit)


@pytest.mark.parametrize(
    "options",
    [
        {"l1": 0.1},
        {"positive": True},
        {"batch_size": 10},
        {"loss": "huber"},
        {"loss": Huber(0.5)},
        {"loss": "log_cosh"},
        {"loss": "tweedie:1.2"},
    ],
)
def test_anything_else_is_a_fit_of_rows(options: Mapping[str, Any]) -> None:
    y = COUNTS if options.get("loss") == "tweedie:1.2" else NUMBERS
    assert isinstance(steepest.fit(X, y, epochs=3, **options), Fit)


def test_mini_batches_of_squared_loss_go_where_moments_go() -> None:
    exact, fit = steepest.fit(X, NUMBERS), steepest.fit(X, NUMBERS, batch_size=8, epochs=200)
    assert fit.objective == pytest.approx(exact.objective, rel=1e-3)


ERRORS: list[tuple[Any, Mapping[str, Any], str]] = [
    (NUMBERS, {"loss": "logistik"}, "no loss 'logistik'; .* Did you mean 'logistic'?"),
    (NUMBERS, {"loss": "mse"}, "no loss 'mse'; .* here called 'squared'"),
    (NUMBERS, {"loss": "squared:2"}, "squared loss takes no option after its name"),
    (NUMBERS, {"loss": "quantile:1.5"}, "quantile must be a number above 0"),
    (
        NUMBERS,
        {"loss": "logistic"},
        "the target 'y' has 60 different values, from .* no classes. For a number use a regression",
    ),
    (COUNTS, {"loss": "hinge"}, r"the target 'y' has \d classes \(0, 1, .*use multinomial loss"),
    (np.ones(60), {"loss": "logistic"}, "the target 'y' holds one class only, 1: logistic loss"),
    (["a"] * 60, {"loss": "multinomial"}, "holds one class only, a: multinomial loss needs rows"),
    (
        [f"t{i}" for i in range(60)],
        {"loss": "logistic"},
        r"has 60 classes \(t0, t1, t10, t11, t12, …\), and logistic loss is for two",
    ),
    (
        np.array(["a", None] * 30, dtype=object),
        {"loss": "logistic"},
        r"the target holds text, and None at row 2 \(index 1\)",
    ),
    (SORTS, {}, "target holds text; for classes set loss="),
    (SORTS, {"loss": "huber"}, "target holds text; for classes set loss="),
    (COUNTS - 3, {"loss": "poisson"}, r"is 0 or more: array, row \d+ \(index \d+\) holds -\d"),
    (COUNTS, {"loss": "gamma"}, r"is above 0: array, row \d+ \(index \d+\) holds 0"),
    (NUMBERS, {"batch_size": 61}, "batch_size is 61, and there are 60 rows to train on"),
    (NUMBERS, {"batch_size": 0}, "batch_size is 0; give a whole number above 0"),
    (
        NUMBERS,
        {"batch_size": MiniBatches(average=True)},
        "average is of mini-batches; give a batch_size too",
    ),
    (
        NUMBERS,
        {"batch_size": MiniBatches(checkpoint="c")},
        "a checkpoint is of mini-batches: give a batch_size",
    ),
    (NUMBERS, {"loss": "huber", "folds": 3}, "folds are for squared loss without L1 and mini-"),
    (
        NUMBERS,
        {"l1": 0.1, "dependent": "minimum_norm"},
        "minimum_norm belongs to squared loss without",
    ),
    (NUMBERS, {"l1": 0.1, "accuracy": "high"}, "accuracy belongs to squared loss without L1"),
    (NUMBERS, {"batch_size": 8, "reduction": "sum"}, "mini-batches descend the mean"),
    (NUMBERS, {"batch_size": 8, "lr": "backtracking:1"}, "a line search needs the objective of"),
    (NUMBERS, {"l1": -1.0}, "l1 must be 0 or more, not -1.0"),
    (NUMBERS, {"loss": "huber", "optimizer": "adam"}, "lr auto is computed from the curvature"),
    (NUMBERS, {"loss": "huber", "start": [1.0]}, r"start has 1 number for 3 parameters"),
    (NUMBERS, {"loss": "huber", "validation": 1e-9}, "no row was left for validation"),
    (
        np.where(np.arange(60) == 7, np.nan, NUMBERS),
        {"loss": "huber"},
        r"array, row 8 \(index 7\): column 'y' is nan",
    ),
]


@pytest.mark.parametrize(("target", "options", "said"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_what_cannot_be_used_is_said_in_one_line(
    target: Any, options: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(steepest.InputError, match=said) as told:
        steepest.fit(X, target, **options)
    assert "\n" not in str(told.value)


def test_text_of_a_table_is_no_target_of_squared_loss() -> None:
    import pandas

    frame = pandas.DataFrame({"x": [1.0, 2.0], "sort": ["a", "b"]})
    with pytest.raises(steepest.InputError, match=r"the target 'sort' is text .* needs a number"):
        steepest.fit(frame, "sort")


def test_too_many_labels_are_no_classes() -> None:
    import pandas

    frame = pandas.DataFrame({"x": range(1500), "name": [f"n{i}" for i in range(1500)]})
    with pytest.raises(steepest.InputError, match="text with more than 1000 different values"):
        steepest.fit(frame, "name", loss="multinomial")


def test_moments_say_nothing_of_other_losses() -> None:
    moments = steepest.Moments.of(X, NUMBERS)
    with pytest.raises(steepest.InputError, match=r"moments hold what squared loss needs .* huber"):
        steepest.fit(moments, loss="huber")


def test_a_series_of_text_keeps_its_name() -> None:
    import pandas

    fit = steepest.fit(X, pandas.Series(SORTS, name="weather"), loss="logistic", epochs=5)
    assert fit.target == "weather"


def write(file: Path) -> Path:
    rows = [f"{a!r},{b!r},{sort}" for (a, b), sort in zip(X.tolist(), SORTS, strict=True)]
    file.write_text("\n".join(["a,b,sort", *rows]))
    return file


def test_rows_that_are_read_again_in_every_epoch_lead_to_the_same_minimum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.csv")
    options: dict[str, Any] = {"loss": "logistic", "ridge": 0.01}
    inside = steepest.fit(file, "sort", **options)
    monkeypatch.setattr(train, "MOST_BYTES", 0.0)
    fit = steepest.fit(file, "sort", batch_size=10, epochs=300, **options)
    assert "read from their source in every epoch" in fit.notes[-1]
    assert fit.objective == pytest.approx(inside.objective, rel=1e-5)
    assert fit.metrics.confusion == inside.metrics.confusion
    assert fit.predict(file).tolist() == inside.predict(file).tolist()
    assert fit.metrics.d2 == pytest.approx(inside.metrics.d2)
    fit.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.summary() == fit.summary()


@pytest.mark.parametrize("target", ["numbers", "text"])
def test_held_out_rows_of_a_stream_are_those_of_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    y = (SORTS == "wet").astype(int) if target == "numbers" else SORTS
    options: dict[str, Any] = {"loss": "logistic", "validation": 0.3, "lr": 0.1}
    batches = MiniBatches(41, shuffle=False)
    inside = steepest.fit(X, y, batch_size=batches, epochs=4, **options)
    monkeypatch.setattr(train, "MOST_BYTES", 0.0)
    stored = replace(batches, checkpoint=tmp_path / "c.ckpt")
    fit = steepest.fit(X, y, batch_size=stored, epochs=4, **options)
    assert fit.held_out is not None
    assert inside.held_out is not None
    assert (fit.rows, fit.held_out.rows) == (inside.rows, inside.held_out.rows)
    assert fit.held_out.objective == pytest.approx(inside.held_out.objective, rel=1e-9)
    assert fit.validation_metrics is not None
    assert inside.validation_metrics is not None
    assert fit.validation_metrics.rows == inside.validation_metrics.rows
    assert fit.classes == inside.classes


def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv")
    options: dict[str, Any] = {"loss": "logistic", "seed": 3}
    whole_batches, part = (MiniBatches(7, checkpoint=tmp_path / f"{name}.ckpt") for name in "wp")
    whole = steepest.fit(file, "sort", epochs=6, batch_size=whole_batches, **options)
    steepest.fit(file, "sort", epochs=2, batch_size=part, **options)
    rest = steepest.fit(file, "sort", epochs=6, batch_size=part, **options)
    assert rest.step.parameters.tolist() == whole.step.parameters.tolist()
    file.write_text(file.read_text() + "\n1,2,wet")
    with pytest.raises(steepest.InputError, match=r"of other data or settings: .*files changed: "):
        steepest.fit(file, "sort", epochs=6, batch_size=part, **options)


def test_a_checkpoint_knows_its_file_by_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)
    options: dict[str, Any] = {
        "loss": "logistic",
        "batch_size": MiniBatches(7, checkpoint="p.ckpt"),
    }
    first = steepest.fit("a.csv", "sort", epochs=2, **options)
    assert not any("p.ckpt" in note for note in first.notes)
    for name in ("./a.csv", str(tmp_path / "a.csv"), "link.csv"):
        again = steepest.fit(name, "sort", epochs=2, **options)
        assert again.step.parameters.tolist() == first.step.parameters.tolist()
        assert "p.ckpt: the run was finished before; it is told again, without a descent" in (
            again.notes
        )
    further = steepest.fit("a.csv", "sort", epochs=3, **options)
    assert "p.ckpt: the run went on after 18 updates" in further.notes
    query = "select a, b, sort from 'a.csv' where a > -9"
    options["batch_size"] = MiniBatches(7, checkpoint="q.ckpt")
    steepest.fit(query, "sort", epochs=2, **options)
    steepest.fit(query.replace("a.csv", "./a.csv"), "sort", epochs=2, **options)


def test_plain_descent_of_all_rows_needs_them_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_rows, "memory_bytes", lambda: 1.0)
    prescribed: list[dict[str, Any]] = [{"lr": 0.1}, {"epochs": 9}, {"loss": "hinge"}]
    for options in prescribed:
        with pytest.raises(steepest.InputError, match="give a batch size"):
            steepest.fit(write(tmp_path / "a.csv"), "sort", **{"loss": "logistic", **options})


@pytest.mark.parametrize(
    "options",
    [{}, {"l1": 0.01}, {"ridge": 0.01, "reduction": "sum"}, {"positive": True, "validation": 0.3}],
)
@pytest.mark.parametrize("loss", ["logistic", "poisson", "huber", "multinomial"])
def test_newton_reads_a_file_larger_than_memory_at_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(200, 2)).round(3)
    score = features @ [1.0, -0.5] + rng.normal(size=200)
    numbers = {"huber": score.round(3), "multinomial": np.digitize(score, [-0.7, 0.7])}
    target = numbers.get(loss, (score > 0.0).astype(int) + (rng.random(200) > 0.9))
    target = np.minimum(target, 1) if loss == "logistic" else target
    lines = [
        f"{a!r},{b!r},{y!r}" for (a, b), y in zip(features.tolist(), target.tolist(), strict=True)
    ]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["a,b,y", *lines]))
    inside = steepest.fit(file, "y", loss=loss, **options)
    monkeypatch.setattr(gathered_rows, "memory_bytes", lambda: 1.0)
    read = steepest.fit(file, "y", loss=loss, **options)
    assert read.verdict.kind == inside.verdict.kind == "converged"
    assert read.step.parameters == pytest.approx(inside.step.parameters, abs=1e-9)
    assert read.objective == pytest.approx(inside.objective, rel=1e-12)
    assert "the rows were read from their source in every epoch" in read.notes


def test_ctrl_c_keeps_the_path_so_far() -> None:
    class Interrupt(FitProgress):
        def epochs(self, done: int, objective: float) -> None:
            if done == 3:
                raise KeyboardInterrupt

    choices: list[dict[str, Any]] = [{}, {"batch_size": 20}]
    for options in choices:
        fit = steepest.fit(X, SORTS, loss="logistic", ridge=0.1, progress=Interrupt(), **options)
        assert (fit.verdict.kind, fit.epochs) == ("interrupted", 3)


def test_the_front_doors_words_are_told() -> None:
    fit = steepest.fit(X, SORTS, loss="logistic", ridge=0.1, optimizer="sgd")
    assert any("at most 1000 epochs, until one changes" in note for note in fit.notes)
    assert "the target 'y' is wet or dry; wet counts as 1" in fit.notes
    kinks = steepest.fit(X, NUMBERS, loss="absolute", tolerance=1e-3, epochs=50)
    assert "falls over 50 epochs, and all are made, whatever the tolerance" in kinks.notes[-1]


def test_hinge_loss_has_no_probabilities() -> None:
    fit = steepest.fit(X, SORTS, loss="hinge", epochs=20)
    with pytest.raises(steepest.InputError, match="hinge loss has no probabilities of classes"):
        fit.predict_proba(X)


@pytest.mark.parametrize("target", ["sort", "wet", "code"])
def test_a_lazy_frame_is_fitted_in_its_engine(target: str) -> None:
    import polars

    frame = polars.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": ["p", "q"] * 30, "sort": SORTS})
    frame = frame.with_columns(
        wet=frame["sort"] == "wet", code=(frame["sort"] == "wet").cast(int) * 2
    )
    frame = frame.select("a", "b", "kind", target)
    inside = steepest.fit(frame, target, loss="logistic", ridge=0.01, l1=0.001)
    fit = steepest.fit(open_lazy(frame.lazy()), target, loss="logistic", ridge=0.01, l1=0.001)
    assert fit.step.parameters == pytest.approx(inside.step.parameters, abs=1e-6)
    assert (fit.classes, fit.rows) == (inside.classes, 60)
    assert fit.metrics.mean_loss == pytest.approx(inside.metrics.log_loss)
    assert fit.metrics.confusion == inside.metrics.confusion
    assert "one query an epoch" in fit.notes[-1] and "ROC AUC" not in fit.metrics.scores
    found = fit.predict(frame.lazy()).collect()["prediction"]
    assert found.to_list() == inside.predict(frame).tolist()


def test_counts_of_a_lazy_frame(tmp_path: Path) -> None:
    import polars

    frame = polars.DataFrame({"a": X[:, 0], "b": X[:, 1], "n": COUNTS})
    there = open_lazy(frame.lazy())
    inside, fit = (steepest.fit(rows, "n", loss="poisson") for rows in (frame, there))
    assert fit.step.parameters == pytest.approx(inside.step.parameters, abs=1e-6)
    found = fit.predict(frame.lazy()).collect()["prediction"].to_numpy()
    assert found == pytest.approx(inside.predict(frame), rel=1e-6)
    fit.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.summary() == fit.summary()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 8}, "and mini-batches need them here: collect it first"),
        ({"loss": "absolute"}, "absolute loss has kinks, and needs its rows in memory"),
    ],
)
def test_what_needs_the_rows_of_a_lazy_frame_is_said(options: Mapping[str, Any], said: str) -> None:
    import polars

    frame = polars.LazyFrame({"a": X[:, 0], "y": NUMBERS})
    with pytest.raises(steepest.InputError, match=said):
        steepest.fit(open_lazy(frame), "y", **{"loss": "huber", **options})


@pytest.mark.parametrize("options", [{"loss": "huber"}, {"batch_size": 2}, {"l1": 0.1}])
def test_columns_whose_squares_are_beyond_float64_are_named(options: dict[str, Any]) -> None:
    rows = X * [1.0, 1e200]
    with pytest.raises(steepest.InputError, match=r"column 'x2' holds values .* are beyond"):
        steepest.fit(rows, NUMBERS, **options)
