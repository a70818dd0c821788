"""Levels of text that a model has not seen: an error, no prediction, or the base level."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import steepest
from steepest.cli.main import main
from steepest.estimators import GradientDescentRegressor
from steepest.results.fit import Fit
from steepest.tables.encoding_parts import Unseen

ROWS = pl.DataFrame({
    "x": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
    "city": ["Oslo", "Rome", "Bonn", "Rome", "Oslo", "Bonn"],
    "y": [1.0, 5.0, 9.0, 6.0, 4.0, 11.5],
})  # fmt: skip
NEW = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "city": ["Oslo", "Wien", "Rome", "Bern"]})
SAID = "column 'city': 2 rows hold levels that the model has not seen, such as 'Wien'; "


@pytest.fixture(scope="module")
def fit() -> Fit:
    return steepest.fit(ROWS, "y")


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """scikit-learn's predictions where unknown levels get 0 in every column, as the first has."""
    encoder = OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False)
    design = np.column_stack([ROWS["x"], encoder.fit_transform(ROWS.select("city").to_numpy())])
    with pytest.warns(UserWarning, match="unknown categories"):
        new = np.column_stack([NEW["x"], encoder.transform(NEW.select("city").to_numpy())])
    line = LinearRegression().fit(design, ROWS["y"])
    return np.asarray(line.predict(new))


def test_the_base_level_is_taken(fit: Fit, expected: np.ndarray) -> None:
    with pytest.warns(UserWarning) as caught:
        found = fit.predict(NEW, unseen="base")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert [str(each.message) for each in caught] == [SAID + "they count as its base level 'Bonn'"]
    assert caught[0].filename == __file__


def test_their_rows_get_no_prediction(fit: Fit, expected: np.ndarray) -> None:
    with pytest.warns(UserWarning, match="they get no prediction"):
        found = fit.predict(NEW, unseen="missing")
    assert np.isnan(found).tolist() == [False, True, False, True]
    np.testing.assert_allclose(found[[0, 2]], expected[[0, 2]], rtol=1e-9)


@pytest.mark.parametrize("unseen", ["missing", "base"])
def test_an_engine_does_the_same(fit: Fit, unseen: Unseen) -> None:
    with pytest.warns(UserWarning) as caught:
        here, there = (fit.predict(rows, unseen=unseen) for rows in (NEW, NEW.lazy()))
    found = there.collect()["prediction"].cast(pl.Float64).fill_null(np.nan)
    np.testing.assert_allclose(found, here, rtol=1e-12)
    assert len({str(each.message) for each in caught}) == 1
    assert {each.filename for each in caught} == {__file__}


def test_means_of_missing_values_are_not_for_them() -> None:
    holes = ROWS.with_columns(x=pl.Series([None, 2.0, 3.0, 4.0, 5.0, 7.0]))
    filled = steepest.fit(holes, "y", missing="mean")
    new = NEW.with_columns(x=pl.Series([None, 2.0, 3.0, 4.0]))
    with pytest.warns(UserWarning, match="they get no prediction"):
        found = filled.predict(new, unseen="missing")
    assert np.isnan(found).tolist() == [False, True, False, True]


def test_labels_and_probabilities_are_missing_too() -> None:
    words = ROWS.with_columns(y=pl.Series(["a", "b", "b", "a", "b", "a"]))
    classes = steepest.fit(words, "y", loss="logistic", ridge=0.1)
    with pytest.warns(UserWarning):
        labels = classes.predict(NEW, unseen="missing")
        shares = classes.predict_proba(NEW, unseen="missing")
    assert labels[[1, 3]].tolist() == [None, None] and set(labels[[0, 2]]) <= {"a", "b"}
    assert np.isnan(shares).all(axis=1).tolist() == [False, True, False, True]
    with pytest.warns(UserWarning):
        there = classes.predict(NEW.lazy(), unseen="missing").collect()["prediction"]
    assert there.to_list() == labels.tolist()


def test_without_a_base_level_they_are_of_none() -> None:
    through = steepest.fit(ROWS, "y", intercept=False)
    with pytest.warns(UserWarning, match="they count as none of its levels"):
        found = through.predict(NEW, unseen="base")
    assert found[1] == pytest.approx(2.0 * through.coefficients["x"])


def test_a_level_is_an_error_where_nothing_is_said(fit: Fit) -> None:
    with pytest.raises(steepest.InputError) as caught:
        fit.predict(NEW)
    assert str(caught.value) == (
        "DataFrame, row 2: column 'city' is 'Wien', which the model has not seen; it knows Bonn, "
        "Oslo, Rome: predict with unseen='missing' or unseen='base'"
    )
    with pytest.raises(steepest.InputError, match="unseen is 'ignore'; use 'error', 'missing' or"):
        fit.predict(NEW, unseen="ignore")  # type: ignore[arg-type]  # refused
    with pytest.raises(steepest.InputError, match="handle_unknown=; use unseen="):
        fit.predict(NEW, handle_unknown="ignore")  # type: ignore[call-arg]  # refused


def _predict(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["steepest", "predict", *arguments])
        main()
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


def test_the_command_line_has_it(
    fit: Fit, expected: np.ndarray, tmp_path: Path, capsys: Any
) -> None:
    model, new = str(tmp_path / "m.steepest"), str(tmp_path / "new.csv")
    fit.save(model)
    NEW.write_csv(new)
    code, out, err = _predict(capsys, model, new, "--unseen", "missing")
    assert code == 0 and err == SAID + "they get no prediction\n"
    cells = [line.split(",")[-1] for line in out.splitlines()[1:]]
    assert [cell == "" for cell in cells] == [False, True, False, True]
    code, out, err = _predict(capsys, model, new, "--unseen", "base")
    numbers = [float(line.split(",")[-1]) for line in out.splitlines()[1:]]
    np.testing.assert_allclose(numbers, expected, rtol=1e-9)
    code, out, err = _predict(capsys, model, new)
    assert (code, out) == (2, "")
    assert err.endswith("predict with --unseen missing or --unseen base\n")


def test_a_pipeline_of_scikit_learn_takes_its_zeros() -> None:
    encoder = OneHotEncoder(handle_unknown="ignore")
    model = make_pipeline(encoder, GradientDescentRegressor(ridge=0.1))
    model.fit(ROWS.select("city").to_numpy(), ROWS["y"].to_numpy())
    found = model.predict([["Wien"]])
    assert found[0] == pytest.approx(model[-1].intercept_)
