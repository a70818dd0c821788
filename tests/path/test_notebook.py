"""What a notebook shows of a path and of a study."""

from functools import partial
from pathlib import Path

import pandas
import pytest

import steepest
from steepest.cli.main import steepest as command
from steepest.descent import runs


def test_a_path_is_a_few_steps_and_its_verdict() -> None:
    run = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=93)
    html = run._repr_html_()
    assert html.startswith("<table><thead><tr><th>index</th><th>x</th><th>objective</th>")
    assert html.count("<tr>") == 1 + len([0, 1, 2, 3, 4, 5, 10, 20, 50, 93])
    assert "<td>5</td><td>3.6384</td>" in html
    assert html.endswith("</p>") and str(run.verdict.reason) in html


def test_what_an_optimizer_remembers_is_left_out() -> None:
    run = steepest.minimize("x^2", start=3, lr=0.1, optimizer="adam", epochs=5)
    assert "exp_avg_x" in run.table().names
    assert "exp_avg" not in run._repr_html_()


def test_a_study_is_a_row_for_each_run() -> None:
    study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 1.0], epochs=300)
    html = study._repr_html_()
    assert html.count("<tr>") == 1 + 2
    assert "<td>lr 1</td><td>300</td><td>26</td><td>25</td><td>x = 7</td><td>Cycle</td>" in html
    assert html.endswith("<p>The lowest end: lr 0.1.</p>")


def test_of_many_runs_the_first_are_shown() -> None:
    study = steepest.study("x**2", start=7, lr=[k / 100 for k in range(1, 65)], epochs=3)
    assert study._repr_html_().count("<tr>") == 1 + 30
    assert "<p>… and 34 more.</p>" in study._repr_html_()


def test_names_are_escaped() -> None:
    rows = {"<b>bold</b>": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.5]}
    fit = steepest.fit(pandas.DataFrame(rows), target="y", epochs=2, lr=0.1)
    html = fit.path._repr_html_()
    assert "<th>&lt;b&gt;bold&lt;/b&gt;</th>" in html
    assert "<b>" not in html


def test_random_starts_have_short_labels() -> None:
    study = steepest.study("x^2 + y^2", starts=["random", (1.25, -2)], seed=3, lr=0.1, epochs=2)
    assert study.labels == ("start (2.04, -2.56)", "start (1.25, -2)")


def test_starts_close_together_have_as_many_digits_as_tell_them_apart() -> None:
    study = steepest.study("x^2", starts=[1.0000001, 1.0000002], lr=0.1, epochs=2)
    assert study.labels == ("start 1.0000001000000001", "start 1.0000001999999999")
    assert study["start 1.0000001000000001"].at(0)["x"] == 1.0000001


def test_a_long_run_of_a_function_is_shown_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = partial(runs.descend_runs, keep=10)
    monkeypatch.setattr(runs, "descend_runs", few)
    run = steepest.minimize(lambda x: (x - 2) ** 2, start=7, lr=1e-4, epochs=1999)
    run.save(tmp_path / "run.steepest")
    loaded = steepest.load(tmp_path / "run.steepest")
    assert isinstance(loaded, steepest.Run)
    assert loaded.at(1000)["x"] == pytest.approx(2 + 5 * (1 - 2e-4) ** 1000)
    assert loaded._repr_html_() == run._repr_html_()
    command(["show", str(tmp_path / "run.steepest")], standalone_mode=False)
    assert " 1000  " in capsys.readouterr().out


def test_numbers_have_minus_signs_and_names_their_hyphens() -> None:
    html = steepest.minimize("(x + 1)^2 - 2", start=-3, lr=0.5, epochs=1)._repr_html_()
    assert "<td>−3</td>" in html and "<td>-" not in html
    study = steepest.study("x^2", starts=[-3, 4], lr=0.1, epochs=2)._repr_html_()
    assert "<td>start -3</td>" in study
