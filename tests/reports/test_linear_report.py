"""The report of a fit of any loss asks for nothing and tells the fit's numbers."""

import functools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm

import steepest
from steepest.errors import OutputError
from steepest.models.mini_batches import MiniBatches
from steepest.reports.cells import number
from steepest.reports.fit_report import render_report
from steepest.results.fit import Fit
from steepest.tables.frames.lazy import open_lazy

EVIL = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$x$ </style></title> &amp;"]
LABELS = np.array(["<script>no()</script>", "yes & </table>", "$may$ be\x1b[31m"])


def fitted(loss: str, **options: Any) -> Fit:
    """A fit whose columns and classes have names that would break a page."""
    random = np.random.default_rng(3)
    features = random.normal(size=(90, 3))
    score = features @ [1.5, -1.0, 0.0] + 0.5 * random.normal(size=90)
    target: np.ndarray = score
    if loss in ("logistic", "hinge"):
        target = LABELS[(score > 0.0).astype(int)]
    elif loss == "multinomial":
        target = LABELS[np.digitize(score, [-0.7, 0.7])]
    elif loss in ("poisson", "gamma"):
        target = np.ceil(np.exp(score))
    fit = steepest.fit(steepest.read(features, names=EVIL), target, loss=loss, **options)
    assert isinstance(fit, Fit)
    return fit


@functools.cache
def reported(loss: str) -> tuple[Fit, str]:
    """A fit with its report, drawn once."""
    fit = fitted(loss, epochs=6, validation=0.4)
    return fit, render_report(fit)


LOSSES = ["logistic", "hinge", "multinomial", "poisson", "gamma", "huber", "quantile"]


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_is_asked_for_and_only_the_module_runs(loss: str, parsed: Any) -> None:
    _, page = reported(loss)
    reader = parsed(page)
    reader.asks_for_nothing()
    reader.has_its_pictures()
    assert "\x1b" not in page
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert EVIL[0] in "".join(reader.texts)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_numbers_are_those_of_the_fit(loss: str, parsed: Any) -> None:
    fit, page = reported(loss)
    assert fit.validation_metrics is not None
    rows = {cells[0]: cells[1:] for cells in parsed(page).rows if cells}
    for name, value in fit.metrics.scores.items():
        assert rows[name] == [number(value), number(fit.validation_metrics.scores[name])]
    line = fit.lines[:, 0].tolist()
    assert rows[EVIL[0]][: len(line)] == [number(value) for value in line]


def test_the_classes_have_their_table(parsed: Any) -> None:
    fit = fitted("multinomial", epochs=6)
    page = render_report(fit)
    rows = {cells[0]: cells[1:] for cells in parsed(page).rows if cells}
    assert fit.metrics.confusion is not None
    table = np.array(fit.metrics.confusion)
    for label, line, recall in zip(fit.classes or (), table, fit.metrics.recall, strict=True):
        shown = label.replace("\x1b", " ")
        assert rows[shown][:3] == [number(value) for value in line.tolist()]
        assert rows[shown][3] == number(recall, 4)


def test_several_classes_have_their_standard_errors(parsed: Any) -> None:
    """Those of MNLogit, whose first class is 0: θ_j = β_j less the mean of all β."""
    random = np.random.default_rng(4)
    features, target = random.normal(size=(200, 2)), random.integers(0, 3, 200)
    fit = steepest.fit(features, target, loss="multinomial")
    model = sm.MNLogit(target, sm.add_constant(features)[:, [1, 2, 0]])
    oracle = model.fit(disp=0, method="newton", tol=1e-14)
    change = np.kron(np.eye(3)[:, 1:] - 1.0 / 3.0, np.eye(3))
    values = change @ np.asarray(oracle.params).T.ravel()
    errors = np.sqrt((change @ np.asarray(oracle.cov_params()) @ change.T).diagonal())
    assert fit.inference is not None
    found = [fit.inference[name] for name in fit.names]
    assert [each.standard_error for each in found] == pytest.approx(errors, rel=1e-8)
    assert [each.t for each in found] == pytest.approx(values / errors, rel=1e-8)
    assert [each.p for each in found] == pytest.approx(
        2.0 * norm.sf(np.abs(values / errors)), rel=1e-7
    )
    rows = {cells[0]: cells[1:] for cells in parsed(render_report(fit)).rows if cells}
    for name, value, error in zip(fit.names, values, errors, strict=True):
        assert rows[name][1] == number(error, 4)
        assert rows[name][2] == number(value / error, 4)
        assert rows[name][4] == number(value - 1.959963984540054 * error)
    assert "add up to 0 over the classes" in fit.summary()


def test_headings_are_those_of_the_loss() -> None:
    pictures = {
        "logistic": {"Calibration", "ROC curve", "Which class is taken for which"},
        "hinge": {"ROC curve", "Which class is taken for which"},
        "multinomial": {"Calibration", "Which class is taken for which"},
        "huber": {"Predicted and true", "Residuals"},
    }
    every = set().union(*pictures.values())
    for loss, wanted in pictures.items():
        _, page = reported(loss)
        found = set(re.findall(r"<h2>([^<]*)</h2>", page))
        assert found & every == wanted
        assert {"What happened", "Objective by epoch", "Settings", "Coefficients"} <= found


def test_zeros_batches_and_averages_are_told(tmp_path: Path, parsed: Any) -> None:
    fit = fitted("logistic", batch_size=MiniBatches(9, average=True), l1=0.05, epochs=4)
    fit.report(tmp_path / "fit.html")
    said = "".join(parsed((tmp_path / "fit.html").read_text(encoding="utf-8")).texts)
    assert "The fit's parameters are the mean of the later steps." in said
    assert "mean log loss + L1 penalty" in said
    sparse = fitted("logistic", l1=0.2)
    assert f"{sparse.zeros} of 3 coefficients" in render_report(sparse)


def test_rows_that_stayed_in_their_engine_have_a_report_too(parsed: Any) -> None:
    polars = pytest.importorskip("polars")
    random = np.random.default_rng(4)
    frame = polars.DataFrame({"x": random.normal(size=50), "y": random.integers(0, 2, 50)})
    fit = steepest.fit(open_lazy(frame.lazy()), "y", loss="logistic", epochs=3)
    rows = {cells[0]: cells[1:] for cells in parsed(render_report(fit)).rows if cells}
    assert rows["log loss"] == [number(fit.metrics.mean_loss)]
    assert "ROC AUC" not in rows


def test_a_report_cannot_be_written_into_nowhere(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        fitted("huber", epochs=2).report(tmp_path / "none" / "fit.html")
