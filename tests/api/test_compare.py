"""Descents of a table side by side: batch sizes at equal rows seen, rates, optimizers, starts."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

import steepest
from steepest.errors import InputError
from steepest.models.fit_progress import FitProgress
from steepest.models.mini_batches import MiniBatches
from steepest.results.study import Study
from steepest.tables.frames.lazy import open_lazy

SOURCE = np.random.default_rng(5)
X = SOURCE.normal(size=(200, 2))
Y = X @ [1.0, -2.0] + 3.0 + SOURCE.normal(size=200)


def test_all_runs_see_as_many_rows() -> None:
    found = steepest.compare(X, Y, batch_size=[1, 10, 100, None], epochs=8)
    assert found.labels == ("batch 1", "batch 10", "batch 100", "full batch")
    assert [run.updates for run in found.runs] == [1600, 160, 16, 8]
    assert {run.rows_seen for run in found.runs} == {1600}


def test_each_run_is_the_fit_of_its_batch_size() -> None:
    found = steepest.compare(X, Y, batch_size=[10, None], lr=0.05, epochs=5, seed=4)
    same = steepest.fit(X, Y, batch_size=10, lr=0.05, epochs=5, seed=4)
    assert found["batch 10"].last.parameters == pytest.approx(same.path.last.parameters, rel=1e-12)
    whole = steepest.fit(X, Y, lr=0.05, epochs=5, start=[0.0, 0.0, Y.mean()], standardize=False)
    again = steepest.compare(
        X, Y, batch_size=[None], lr=0.05, epochs=5, start=[0.0, 0.0, Y.mean()], standardize=False
    )
    assert again[0].last.parameters == pytest.approx(whole.path.last.parameters, rel=1e-9)


def test_the_excess_is_over_the_least_of_all_rows() -> None:
    found = steepest.compare(X, Y, epochs=10)
    least = np.linalg.lstsq(np.column_stack([X, np.ones(200)]), Y, rcond=None)[1][0] / 200
    assert found.minimum_is_known
    assert found.minimum == pytest.approx(least, rel=1e-12)
    for run, path in zip(found.runs, found, strict=True):
        assert run.excess == pytest.approx(path.last.objective - least, abs=1e-12)
    assert found.runs[0].noise_floor == path_floor(found, "batch 1")


def path_floor(found: Study, label: str) -> float:
    return float(found[label].forecast.noise_floor)


def test_other_losses_and_text_classes() -> None:
    words = np.where(Y > 3.0, "high", "low")
    found = steepest.compare(X, words, loss="logistic", batch_size=[1, None], epochs=5)
    assert found.minimum_is_known
    kinks = steepest.compare(X, Y, loss="absolute", batch_size=[10, None], epochs=5)
    assert not kinks.minimum_is_known
    assert min(run.excess for run in kinks.runs) >= 0.0


def test_every_combination_is_run_in_the_order_of_their_product() -> None:
    found = steepest.compare(
        X, Y, batch_size=[1, None], lr=[0.01, 0.2], optimizer=["sgd", "adam"], epochs=3
    )
    assert found.labels == (
        *("SGD, lr 0.01, batch 1", "SGD, lr 0.01, full batch"),
        *("SGD, lr 0.2, batch 1", "SGD, lr 0.2, full batch"),
        *("Adam, lr 0.01, batch 1", "Adam, lr 0.01, full batch"),
        *("Adam, lr 0.2, batch 1", "Adam, lr 0.2, full batch"),
    )
    assert [run.learning_rate for run in found.runs] == [0.01, 0.01, 0.2, 0.2] * 2
    starts = [path.at(0).parameters for path in found]
    assert all(start == pytest.approx([0.0, 0.0, Y.mean()], abs=1e-12) for start in starts)


def test_one_optimizer_is_compared_over_batch_sizes() -> None:
    found = steepest.compare(X, Y, optimizer="adam", lr=0.01, epochs=2)
    assert found.labels == ("batch 1", "batch 10", "batch 100", "full batch")
    alone = steepest.fit(
        X, Y, optimizer="adam", lr=0.01, epochs=2, batch_size=10,
        start=found["batch 10"].at(0).parameters.tolist(),
    )  # fmt: skip
    assert found["batch 10"].last.parameters == pytest.approx(alone.path.last.parameters, rel=1e-12)
    with pytest.raises(InputError, match="lr auto is computed from the curvature for SGD; give"):
        steepest.compare(X, Y, optimizer="adam")


def test_labels_name_what_varies() -> None:
    study = steepest.study("booth", lr=[0.01, 0.02], optimizer=["sgd", "adam"], epochs=2)
    assert study.labels == ("SGD, lr 0.01", "SGD, lr 0.02", "Adam, lr 0.01", "Adam, lr 0.02")
    starts = steepest.study("booth", starts=[(0, 0), (1, -2)], lr=0.01, epochs=2)
    assert starts.labels == ("start (0, 0)", "start (1, -2)")
    with pytest.raises(steepest.InputError, match=r"no run 'lr 0.3'; it has SGD, lr 0.01"):
        study["lr 0.3"]


def test_options_of_an_optimizer_tell_runs_apart() -> None:
    momentum = [steepest.optimizers.SGD(momentum=each) for each in (0.0, 0.9)]
    found = steepest.compare(X, Y, optimizer=momentum, lr=0.05, epochs=2)
    assert found.labels == ("SGD", "SGD with momentum 0.9")


def test_random_starts_of_a_table_are_drawn_one_after_the_other() -> None:
    found = steepest.compare(X, Y, starts=["random", "random", [1, 2, 3]], lr=0.1, epochs=1, seed=4)
    for place in (0, 1):
        drawn = np.random.default_rng(4 + place).standard_normal(3)
        assert found[place].at(0).parameters == pytest.approx(drawn, rel=1e-12)
    assert found.labels[2] == "start (1, 2, 3)"
    with pytest.raises(InputError, match="start and starts both say where to begin"):
        steepest.compare(X, Y, start=[1, 2, 3], starts=[[1, 2, 3]])


def test_a_column_of_one_value_starts_where_the_others_do() -> None:
    rows = pandas.DataFrame({"a": X[:, 0], "one": 1.0, "y": Y})
    found = steepest.compare(rows, "y", batch_size=[20, None], epochs=2)
    assert found[0].at(0).objective == pytest.approx(found[1].at(0).objective, rel=1e-12)


def test_numbers_of_a_study_come_from_one_place() -> None:
    found = steepest.compare(X, Y, batch_size=[10, None], epochs=4)
    heads, *lines = found.table()
    data: Any = found.to_dict()
    for line, run, path, plain in zip(lines, found.runs, found, data["runs"], strict=True):
        cells = dict(zip(heads, line, strict=True))
        assert cells["run"] == run.label == plain["label"]
        assert cells["verdict"] == run.ended == plain["ended"] == path.verdict.kind
        assert float(cells["objective"]) == pytest.approx(run.objective, rel=1e-5)
        assert run.objective == plain["objective"] == path.last.objective
        assert run.epochs == 4
    assert found.best is found[data["best"]] is found["full batch"]
    assert found.best.last.objective == min(run.objective for run in found.runs)


def test_ctrl_c_keeps_the_runs_so_far() -> None:
    seen = []

    class Press(FitProgress):
        def epochs(self, done: int, objective: float) -> None:
            seen.append(done)
            if len(seen) == 8:  # epochs 0 to 5 of the first run, then 0 and 1 of the second
                raise KeyboardInterrupt

    found = steepest.compare(X, Y, batch_size=[10, 20, 40], epochs=5, progress=Press())
    assert found.labels == ("batch 10", "batch 20")
    assert [run.ended == "interrupted" for run in found.runs] == [False, True]
    assert [run.epochs for run in found.runs] == [5, 1]


def test_optimizers_in_an_engine_and_on_moments() -> None:
    import polars

    rows = polars.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": Y})
    near = steepest.compare(rows, "y", optimizer=["sgd", "adam"], lr=0.1, epochs=5)
    moments = steepest.Moments.of(rows, target="y")
    for source in (open_lazy(rows.lazy()), moments):
        target = "y" if source is not moments else None
        far = steepest.compare(source, target, optimizer=["sgd", "adam"], lr=0.1, epochs=5)
        for one, other in zip(near, far, strict=True):
            assert one.last.parameters == pytest.approx(other.last.parameters, rel=1e-9)
    with pytest.raises(InputError, match="moments hold no rows to make batches of"):
        steepest.compare(moments)
    with pytest.raises(InputError, match="lazy frame"):
        steepest.compare(open_lazy(rows.lazy()), "y")


def test_positions_and_names_of_source_target_and_start() -> None:
    by_place = steepest.study("x^2", 3, lr=[0.1, 0.2], epochs=2)
    assert by_place[0].at(0)["x"] == 3.0
    assert steepest.compare("x^2", start=3, lr=[0.1, 0.2], epochs=2).labels == by_place.labels
    wrong: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (("x^2", 3), {"start": 2}, "start is given twice"),
        ((X, Y), {"target": Y}, "target is given twice"),
        (
            ("x^2", 3),
            {"batch_size": 2},
            "a formula or function takes no batch_size: it has no rows",
        ),
        (("x^2", 3), {"epoch": 2}, "study has no argument epoch=; use epochs="),
        (("x^2", 3), {"ridge": 2}, "a study of a formula or function has no option 'ridge'"),
        ((X, Y), {"bounds": {}}, "a study of a table has no option 'bounds'"),
        (("nosuch.csv",), {}, "no target was given|does not exist"),
        ((X, Y), {"lr": []}, "lr is an empty list; give at least one"),
        (
            (X, Y),
            {"batch_size": MiniBatches(5, checkpoint="a")},
            "a checkpoint is of one fit; leave it out of a study",
        ),
    ]
    for arguments, options, said in wrong:
        with pytest.raises(InputError, match=said):
            steepest.study(*arguments, **options)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([], "batch_size is an empty list"),
        ([0], "batch_size holds 0; give whole numbers above 0, and None for all rows"),
        ([201], "a batch of 201 rows is larger than the data, 200 rows"),
        ([5, 5], "a batch size is given twice"),
        ("1,2", "batch_size holds '1,2'; give whole numbers above 0"),
    ],
)
def test_batch_sizes_that_cannot_be(sizes: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        steepest.compare(X, Y, batch_size=sizes)


def test_picture_and_report(tmp_path: Path) -> None:
    found = steepest.compare(X, Y, batch_size=[1, 20, None], epochs=6)
    assert len(found.plot().figure.axes) == 3  # linear, logarithmic, and the table of runs
    axes = found.plot("objective", scale="log")
    assert axes.get_yscale() == "log"
    legend = axes.get_legend()
    assert legend is not None
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["batch 1", "batch 20", "full batch"]
    floors = [line for line in axes.get_lines() if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in floors] == pytest.approx(
        [run.noise_floor for run in found.runs if run.noise_floor], rel=1e-9
    )
    found.report(tmp_path / "runs.html")
    page = (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert "3 descents on one model" not in page
    assert "200 rows, each seen 6 times by every run." in page
    assert page.count("<script") == 2  # the numbers, and the module that draws them
    with pytest.raises(InputError, match="this study has no run 'batch 2'"):
        found["batch 2"]


def test_the_report_is_called_by_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a <b> file.csv"
    file.write_text("\n".join(["x,y", *(f"{x},{y}" for x, y in zip(X[:, 0], Y, strict=True))]))
    found = steepest.compare(file, "y", batch_size=[20, None], epochs=1)
    found.report(tmp_path / "runs.html")
    page = (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert "<h1>2 descents on a &lt;b&gt; file.csv</h1>" in page
    assert "delimiter &#x27;,&#x27;" in page
    assert "each seen once by every run" in page


def test_updates_of_the_first_look_are_drawn_where_it_is_wide() -> None:
    wide = steepest.compare(X, Y, batch_size=[20, None], epochs=6).plot("objective")
    narrow = steepest.compare(X, Y, batch_size=[20, None], epochs=7).plot("objective")
    assert [len(each.get_xdata()) for each in wide.get_lines()][:3] == [7, 11, 7]
    assert [len(each.get_xdata()) for each in narrow.get_lines()][:2] == [8, 8]
