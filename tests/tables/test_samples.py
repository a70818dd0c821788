"""Sample tables: their rows, against NumPy and what their rules promise; what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression, PoissonRegressor

import steepest
from steepest import InputError, samples
from steepest.cli.main import steepest as command

ALL = samples.names()
RANDOM = ALL[3:]


def refused(source: Any, target: Any = None, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        steepest.fit(source, target, **options)
    return str(caught.value)


def test_the_lessons_tables() -> None:
    three = samples.table("three-points").columns
    assert (three["x"].tolist(), three["y"].tolist()) == ([1, 2, 3], [2, 4, 6])
    x = np.arange(-3, 3, 0.1)
    assert len(x) == 60
    for name, y in (("slope-only", -3 * x), ("slope-and-bias", x - 1)):
        columns = samples.table(name).columns
        np.testing.assert_array_equal(columns["x"], x)
        np.testing.assert_array_equal(columns["y"], y)
    uniform = samples.table("uniform-line", seed=7).columns
    np.testing.assert_array_equal(uniform["x"], np.random.default_rng(7).random(50))
    np.testing.assert_array_equal(uniform["y"], 3 * uniform["x"] + 0.8)


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_gives_the_same_rows_and_another_gives_others(name: str) -> None:
    first, again = samples.table(name, seed=5), samples.table(name, seed=5)
    other = samples.table(name, seed=6)
    for column, values in first.columns.items():
        np.testing.assert_array_equal(values, again.columns[column])
    assert any((values != other.columns[key]).any() for key, values in first.columns.items())


@pytest.mark.parametrize("name", RANDOM)
def test_rows_are_as_many_as_asked_for(name: str) -> None:
    for rows in (1, 17):
        sample = samples.table(name, rows=rows)
        assert {len(values) for values in sample.columns.values()} == {rows}


def test_noise_is_that_of_its_deviation_about_the_line() -> None:
    line = samples.table("noisy-line", slope=-3, intercept=5, sigma=0.25, rows=100_000, seed=1)
    x, y = line.columns["x"], line.columns["y"]
    noise = y - (5 - 3 * x)
    # Four standard errors of a mean and of a deviation.
    assert abs(noise.mean()) < 4 * 0.25 / np.sqrt(100_000)
    assert noise.std() == pytest.approx(0.25, rel=4 / np.sqrt(200_000))
    assert 0 <= x.min() < 0.01 and 9.99 < x.max() <= 10


def test_more_noise_is_the_same_noise_on_the_same_rows() -> None:
    little, much = (samples.table("noisy-line", sigma=s).columns for s in (0.5, 2.0))
    np.testing.assert_array_equal(little["x"], much["x"])
    line = 2 * little["x"] + 1
    np.testing.assert_allclose(much["y"] - line, 4 * (little["y"] - line), atol=1e-12)


@pytest.mark.parametrize(("sigma", "unit"), [(0.5, 0.5), (0.0, 1.0)])
def test_outliers_are_raised_and_the_other_rows_are_as_without(sigma: float, unit: float) -> None:
    without = samples.table("noisy-line", sigma=sigma).columns
    found = samples.table("noisy-line", sigma=sigma, outliers=7).columns
    np.testing.assert_array_equal(found["x"], without["x"])
    raised = (found["y"] - without["y"])[found["y"] != without["y"]]
    assert len(raised) == 7
    assert raised.min() >= 10 * unit - 1e-12 and raised.max() <= 20 * unit + 1e-12


def test_badly_scaled_features_weigh_alike() -> None:
    sample = samples.table("badly-scaled", rows=20_000, sigma=0)
    features, target = sample.to_arrays()
    np.testing.assert_allclose(features.std(axis=0), [1e-6, 1e-3, 1, 1e3, 1e6], rtol=0.03)
    exact = steepest.fit(sample).coefficients
    assert list(exact.values()) == pytest.approx([1e6, 1e3, 1, 1e-3, 1e-6], rel=1e-9)
    np.testing.assert_allclose(target, features @ [1e6, 1e3, 1, 1e-3, 1e-6], atol=1e-12)


def test_collinear_columns_differ_by_the_gap() -> None:
    columns = samples.table("collinear", gap=1e-3, sigma=0, rows=20_000).columns
    assert (columns["x2"] - columns["x1"]).std() == pytest.approx(1e-3, rel=0.03)
    assert np.corrcoef(columns["x1"], columns["x3"])[0, 1] == pytest.approx(0, abs=0.03)
    rule = columns["x1"] + 2 * columns["x2"] + 3 * columns["x3"]
    np.testing.assert_array_equal(columns["y"], rule)
    copy = samples.table("collinear", gap=0).columns
    np.testing.assert_array_equal(copy["x1"], copy["x2"])


def test_the_two_classes_have_the_log_odds_that_their_rule_states() -> None:
    sample = samples.table("two-classes", separation=2, rows=100_000, seed=2)
    features, labels = sample.to_arrays()
    assert labels[:4].tolist() == [0, 1, 0, 1] and labels.dtype == np.int64
    centres = [features[labels == k].mean(axis=0) for k in (0, 1)]
    assert np.linalg.norm(centres[1] - centres[0]) == pytest.approx(2, abs=0.03)
    model = LogisticRegression(C=np.inf).fit(features, labels)
    np.testing.assert_allclose(model.coef_[0], [np.sqrt(2)] * 2, rtol=0.03)
    assert model.intercept_[0] == pytest.approx(0, abs=0.03)
    assert "log odds of y = 1 are 1.41421 (x1 + x2)" in sample.rule


def test_counts_follow_the_log_link() -> None:
    sample = samples.table("counts", slope=-0.5, intercept=2, rows=100_000, seed=2)
    features, target = sample.to_arrays()
    assert target.dtype == np.int64 and target.min() >= 0
    model = PoissonRegressor(alpha=0).fit(features, target)
    assert model.coef_[0] == pytest.approx(-0.5, abs=0.01)
    assert model.intercept_ == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("name", ALL)
def test_every_table_is_fitted_as_least_squares_of_its_arrays(name: str) -> None:
    sample = samples.table(name)
    features, target = sample.to_arrays()
    scales = np.abs(features).max(axis=0)
    design = np.column_stack([features / scales, np.ones(len(target))])
    expected = np.linalg.lstsq(design, target, rcond=None)[0]
    for source in (sample, f"sample:{name}"):
        fit = steepest.fit(source)
        np.testing.assert_allclose(fit.step.parameters[:-1] * scales, expected[:-1], rtol=1e-7)
        assert fit.intercept == pytest.approx(expected[-1], rel=1e-7, abs=1e-9)
        assert (fit.target, fit.rows) == ("y", len(target))
        assert fit.description == f"sample:{name}: {sample.rule}"


def test_a_text_is_the_table_with_its_options() -> None:
    said = "sample:noisy-line, slope=-2.5e-1 ,rows=1e3,seed=12345678901234567"
    options: dict[str, Any] = {"slope": -0.25, "rows": 1000, "seed": 12345678901234567}
    sample = samples.table("noisy-line", **options)
    assert sample.source == "sample:noisy-line,slope=-0.25,rows=1000,seed=12345678901234567"
    fits = [steepest.fit(source) for source in (said, sample.source, sample)]
    assert len({fit.coefficients["x"] for fit in fits}) == 1
    assert len({fit.description for fit in fits}) == 1


def test_numpy_numbers_are_numbers() -> None:
    options: dict[str, Any] = {"rows": np.int64(9), "slope": np.float64(2.5)}
    sample = samples.table("noisy-line", **options)
    assert sample.source == "sample:noisy-line,slope=2.5,rows=9"


def test_frames_and_tensors_hold_the_same_columns() -> None:
    sample = samples.table("two-classes", rows=6)
    assert sample.features == ("x1", "x2")
    arrow, frame = sample.to_arrow(), sample.to_pandas()
    assert arrow.column_names == list(frame.columns) == ["x1", "x2", "y"]
    for name, values in sample.columns.items():
        assert arrow[name].to_pylist() == frame[name].tolist() == values.tolist()
    features, labels = map(torch.from_numpy, sample.to_arrays())
    assert (features.shape, features.dtype, labels.dtype) == ((6, 2), torch.float64, torch.int64)


def test_moments_of_a_sample_and_another_target() -> None:
    moments = steepest.Moments.of("sample:three-points", "x")
    assert steepest.fit(moments, intercept=False).coefficients == pytest.approx({"y": 0.5})
    assert steepest.fit("sample:three-points", "x").features == ("y",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sample:nosy-line", "Did you mean 'noisy-line'?"),
        ("sample:", "sample: is followed by a name: three-points, slope-only, "),
        (
            "sample:noisy-line,slop=2",
            "sample:noisy-line has no option 'slop'; its options: slope, ",
        ),
        ("sample:noisy-line,slop=2", "Did you mean 'slope'?"),
        ("sample:three-points,rows=5", "sample:three-points has no option 'rows'"),
        (
            "sample:noisy-line,",
            "sample:noisy-line: '' is no option; write, for example, sample:noisy-line,seed=3",
        ),
        ("sample:noisy-line,5", "sample:noisy-line: '5' is no option"),
        ("sample:noisy-line,=5", "sample:noisy-line: '=5' is no option"),
        ("sample:noisy-line,sigma=", "sigma is ''; give a number"),
        ("sample:noisy-line,sigma=a", "sample:noisy-line: sigma is 'a'; give a number"),
        ("sample:noisy-line,sigma=1_0", "sigma is '1_0'; give a number"),
        ("sample:noisy-line,sigma=nan", "sigma is 'nan'; give a number"),
        ("sample:noisy-line,sigma=-1", "sigma is -1.0; give a number that is not negative"),
        ("sample:noisy-line,slope=1e101", "slope is 1e+101; give a number, at most 1e100"),
        ("sample:noisy-line,seed=1,seed=2", "sample:noisy-line: seed is given twice"),
        ("sample:noisy-line,rows=0", "rows is 0; give a whole number from 1 to 10,000,000"),
        ("sample:noisy-line,rows=2.5", "rows is 2.5; give a whole number"),
        ("sample:noisy-line,rows=1e8", "rows is 100000000.0; give a whole number"),
        ("sample:noisy-line,rows=" + "9" * 5000, "rows is inf; give a whole number"),
        ("sample:noisy-line,seed=-1", "seed is -1.0; give a whole number from 0 to"),
        ("sample:noisy-line,outliers=101", "101 outliers of 100 rows; give at most as many"),
        ("sample:counts,slope=40", "give means up to exp(81); give smaller ones"),
    ],
)
def test_what_is_refused(source: str, said: str) -> None:
    message = refused(source)
    assert said in message and "\n" not in message


@pytest.mark.parametrize("value", [True, "3", None, float("nan"), float("inf"), 2.5, 1j])
def test_an_option_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"^sample:noisy-line: rows is .*; give a whole number"):
        samples.table("noisy-line", rows=value)


def test_what_does_not_belong_to_a_sample_is_refused() -> None:
    own = "is for CSV files; a sample table has its own names"
    for option in ({"names": ["a", "b"]}, {"header": True}):
        with pytest.raises(InputError, match=f"^{next(iter(option))} {own}$"):
            steepest.read("sample:three-points", **option)
    for source in ("sample:three-points", samples.table("three-points")):
        assert "the target is the name of a column" in refused(source, [1, 2, 3])
        assert "there is no target column 'z'. The columns are x, y." in refused(source, "z")


def test_a_path_is_a_file_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "sample:three-points"
    file.write_text("x,y\n1,1\n2,3\n3,5\n")
    assert steepest.fit(file, "y").coefficients == pytest.approx({"x": 2.0})


def test_on_the_command_line(tmp_path: Path) -> None:
    model = str(tmp_path / "line.steepest")
    source = "sample:noisy-line,sigma=0"
    done = CliRunner().invoke(command, ["fit", source, "--json", "--quiet", "--save", model])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["coefficients"]["x"] == pytest.approx(2.0, rel=1e-12)
    told = CliRunner().invoke(command, ["predict", model, "sample:three-points"])
    assert told.exit_code == 0, told.output
    lines = [line.split(",") for line in told.stdout.split()]
    assert lines[0] == ["x", "y", "prediction"]
    assert [float(line[-1]) for line in lines[1:]] == pytest.approx([3.0, 5.0, 7.0])
