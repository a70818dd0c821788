"""Batch sizes side by side, at equal rows seen."""

from pathlib import Path

import numpy as np
import pytest

import steepest
from steepest.errors import InputError
from steepest.results.batch_comparison import Comparison

SOURCE = np.random.default_rng(5)
X = SOURCE.normal(size=(200, 2))
Y = X @ [1.0, -2.0] + 3.0 + SOURCE.normal(size=200)


def test_all_runs_see_as_many_rows() -> None:
    found = steepest.compare(X, Y, batch_size=[1, 10, 100, None], epochs=8)
    assert found.labels == ("1", "10", "100", "full")
    assert [run.updates for run in found.runs] == [1600, 160, 16, 8]
    assert {run.rows_seen for run in found.runs} == {1600}


def test_each_run_is_the_fit_of_its_batch_size() -> None:
    found = steepest.compare(X, Y, batch_size=[10, None], lr=0.05, epochs=5, seed=4)
    same = steepest.fit(X, Y, batch_size=10, lr=0.05, epochs=5, seed=4)
    assert found["10"].last.parameters == pytest.approx(same.path.last.parameters, rel=1e-12)
    whole = steepest.fit(X, Y, lr=0.05, epochs=5, start=[0.0, 0.0, Y.mean()], standardize=False)
    again = steepest.compare(
        X, Y, batch_size=[None], lr=0.05, epochs=5, start=[0.0, 0.0, Y.mean()], standardize=False
    )
    assert again["full"].last.parameters == pytest.approx(whole.path.last.parameters, rel=1e-9)


def test_the_excess_is_over_the_least_of_all_rows() -> None:
    found = steepest.compare(X, Y, epochs=10)
    least = np.linalg.lstsq(np.column_stack([X, np.ones(200)]), Y, rcond=None)[1][0] / 200
    assert found.minimum_is_known
    assert found.minimum == pytest.approx(least, rel=1e-12)
    for run, path in zip(found.runs, found, strict=True):
        assert run.excess == pytest.approx(path.last.objective - least, abs=1e-12)
    assert found.runs[0].noise_floor == path_floor(found, "1")


def path_floor(found: Comparison, label: str) -> float:
    return float(found[label].forecast.noise_floor)  # type: ignore[attr-defined]  # of mini-batches


def test_other_losses_and_text_classes() -> None:
    words = np.where(Y > 3.0, "high", "low")
    found = steepest.compare(X, words, loss="logistic", batch_size=[1, None], epochs=5)
    assert found.minimum_is_known
    kinks = steepest.compare(X, Y, loss="absolute", batch_size=[10, None], epochs=5)
    assert not kinks.minimum_is_known
    assert min(run.excess for run in kinks.runs) >= 0.0


def test_a_rate_for_each() -> None:
    found = steepest.compare(X, Y, batch_size=[1, None], lr=[0.01, 0.2], epochs=3)
    assert [run.learning_rate for run in found.runs] == [0.01, 0.2]
    with pytest.raises(InputError, match="lr is a list of 1 and batch_size of 2"):
        steepest.compare(X, Y, batch_size=[1, None], lr=[0.01])


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([], "batch_size is an empty list"),
        ([0], "batch_size holds 0; give whole numbers above 0, and None for all rows"),
        ([201], "a batch of 201 rows is larger than the data, 200 rows"),
        ([5, 5], "a batch size is given twice"),
        ("1,2", "batch_size is '1,2'; give a list"),
    ],
)
def test_batch_sizes_that_cannot_be(sizes: list[int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        steepest.compare(X, Y, batch_size=sizes)


def test_picture_and_report(tmp_path: Path) -> None:
    found = steepest.compare(X, Y, batch_size=[1, 20, None], epochs=6)
    axes = found.plot()
    assert axes.get_yscale() == "log"
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["batch 1", "batch 20", "all rows"]
    floors = [line for line in axes.get_lines() if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in floors] == [
        run.noise_floor for run in found.runs if run.noise_floor
    ]
    found.report(tmp_path / "runs.html")
    page = (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert "At equal rows seen" in page
    assert "<p>200 rows, each seen 6 times by every run.</p>" in page
    assert "<script" not in page
    with pytest.raises(InputError, match="has no batch size '2'"):
        found["2"]


def test_the_report_is_called_by_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a <b> file.csv"
    file.write_text("\n".join(["x,y", *(f"{x},{y}" for x, y in zip(X[:, 0], Y, strict=True))]))
    found = steepest.compare(file, "y", batch_size=[20, None], epochs=1)
    found.report(tmp_path / "runs.html")
    page = (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert "<h1>a &lt;b&gt; file.csv – 2 batch sizes</h1>" in page
    assert "delimiter &#x27;,&#x27;" in page
    assert "each seen once by every run" in page


def test_updates_of_the_first_look_are_drawn_where_it_is_wide() -> None:
    wide = steepest.compare(X, Y, batch_size=[20, None], epochs=6).plot()
    narrow = steepest.compare(X, Y, batch_size=[20, None], epochs=7).plot()
    assert next(len(each.get_xdata()) for each in wide.get_lines()) == 11
    dotted = [each for each in narrow.get_lines() if each.get_marker() != "None"]
    assert [len(each.get_xdata()) for each in dotted] == [8, 8]
    assert len(narrow.get_lines()) == len(wide.get_lines()) - 2
