"""Dates as features, and rare levels of text together as one."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import steepest
from steepest.errors import InputError

DAYS = ["2020-01-31", "2020-02-29", "2021-03-01", "2021-12-24", "2022-07-04", "2023-05-05"]
Y = [1.0, 2.0, 1.5, 3.0, 2.5, 4.0]
INDEX = pd.DatetimeIndex(DAYS)
ELAPSED = (INDEX - pd.Timestamp("1970-01-01")).days.to_numpy(float)


def expected(columns: list[Any]) -> np.ndarray:
    matrix = np.column_stack([*columns, np.ones(6)])
    solution: np.ndarray = np.linalg.lstsq(matrix, np.array(Y), rcond=None)[0]
    return solution


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table, None])
def test_fields_of_dates_are_those_of_pandas(tmp_path: Path, library: Any) -> None:
    frame = pd.DataFrame({"sold": INDEX, "y": Y})
    source: Any = tmp_path / "a.csv"
    if library is None:
        frame.to_csv(source, index=False)
    else:
        dates = INDEX.to_pydatetime().tolist()
        source = library({"sold": dates, "y": Y})
    table = steepest.read(source, dates=["elapsed", "month", "weekday"])
    fit = steepest.fit(table, target="y")
    assert fit.features == ("sold.month", "sold.weekday", "sold.elapsed")
    solution = expected([INDEX.month, INDEX.day_of_week, ELAPSED])
    found = [*fit.coefficients.values(), fit.intercept]
    assert found == pytest.approx(solution.tolist(), rel=1e-6)
    assert any("month, weekday and elapsed (in days since 1970-01-01)" in n for n in fit.notes)
    fit.save(tmp_path / "a.steepest")
    again = steepest.load(tmp_path / "a.steepest")
    assert isinstance(again, steepest.Fit)
    matrix = np.column_stack([INDEX.month, INDEX.day_of_week, ELAPSED, np.ones(6)])
    assert again.predict(source) == pytest.approx(matrix @ solution, rel=1e-6)


def test_year_day_and_hour_of_timestamps() -> None:
    times = pd.to_datetime(["2020-01-31 06:00", "2021-02-28 18:30", "2022-03-03 23:59"])
    table = steepest.read(pd.DataFrame({"t": times, "y": [1.0, 2.0, 4.0]}), dates="hour")
    fit = steepest.fit(table, target="y")
    slope = np.polyfit([6, 18, 23], [1, 2, 4], 1)[0]
    assert fit.coefficients == pytest.approx({"t.hour": slope})


@pytest.mark.parametrize(
    ("written", "same"),
    [("31.1.2020", "2020-01-31"), ("2020/1/31", "2020-01-31"), ("2020.01.31", "2020-01-31")],
)
def test_ways_of_writing_a_date(tmp_path: Path, written: str, same: str) -> None:
    fits = []
    for first in (written, same):
        file = tmp_path / "a.csv"
        file.write_text(f"when,y\n{first},1\n2020-02-03,2\n2021-03-04,2.5\n")
        fits.append(steepest.fit(steepest.read(file, dates="elapsed"), target="y").coefficients)
    assert fits[0] == fits[1]


def test_what_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("when,y\n03/04/2020,1\n05/06/2020,2\n07/08/2020,4\n")
    with pytest.raises(InputError, match=r"row 1 .*'03/04/2020', and which date that is cannot be"):
        steepest.fit(steepest.read(file, dates="year"), target="y")
    with pytest.raises(InputError, match="dates has no 'years'; it has year, month"):
        steepest.read(file, dates="years")
    with pytest.raises(InputError, match="levels is 0; give how many"):
        steepest.read(file, levels=0)


def test_missing_dates_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"when": [*INDEX[:5], pd.NaT], "y": Y})
    fit = steepest.fit(steepest.read(frame, dates="year", missing="drop"), target="y")
    assert fit.rows == 5
    slope = np.polyfit(INDEX.year[:5], Y[:5], 1)[0]
    assert fit.coefficients["when.year"] == pytest.approx(slope, rel=1e-8)


def test_rare_levels_share_a_feature(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cities = np.array([f"c{int(k):02}" for k in rng.integers(0, 60, 300)], dtype=object)
    common = rng.random(300)
    cities[common < 0.3] = "Rome"
    cities[common > 0.7] = "Oslo"
    y = np.where(cities == "Rome", 3.0, np.where(cities == "Oslo", 5.0, 4.0)) + rng.normal(size=300)
    frame = pd.DataFrame({"city": cities, "y": y})
    file = tmp_path / "a.csv"
    frame.to_csv(file, index=False)
    for source in (frame, file):
        fit = steepest.fit(steepest.read(source, levels=2), target="y")
        assert fit.features == ("city[Rome]", "city[others]")
        means = frame.groupby(
            frame.city.where(frame.city.isin(["Rome", "Oslo"]), "others")
        ).y.mean()
        assert fit.coefficients == pytest.approx(
            {
                "city[Rome]": means["Rome"] - means["Oslo"],
                "city[others]": means["others"] - means["Oslo"],
            }
        )
        fit.save(tmp_path / "a.steepest")
        again = steepest.load(tmp_path / "a.steepest")
        assert isinstance(again, steepest.Fit)
        new = pd.DataFrame({"city": ["Rome", "Atlantis"]})
        assert again.predict(new) == pytest.approx([means["Rome"], means["others"]])
    with pytest.raises(InputError, match="read it with levels=20"):
        steepest.fit(frame, target="y", features=["city"])


def test_few_levels_are_as_without() -> None:
    frame = pd.DataFrame({"city": [*"abab"], "y": [1.0, 2.0, 1.5, 2.5]})
    fit = steepest.fit(steepest.read(frame, levels=20), target="y")
    assert fit.features == ("city[b]",)
    names = pd.DataFrame({"name": [f"n{k}" for k in range(60)], "x": range(60), "y": range(60)})
    assert steepest.fit(steepest.read(names, levels=20), target="y").features == ("x",)


def test_text_that_looks_like_numbers_is_no_level_either() -> None:
    prices = [f"${k},{k % 7}00" for k in range(1, 31)]
    frame = pd.DataFrame({"x": prices, "y": np.arange(30.0)})
    with pytest.raises(InputError, match="column 'x' is text that looks like numbers"):
        steepest.fit(steepest.read(frame, levels=5), target="y")


def test_levels_that_differ_in_blanks_or_case_are_pointed_out() -> None:
    cities = ["Rome", "rome ", "Oslo", "New  York", "new york", "ROME"]
    frame = pd.DataFrame({"city": cities * 2, "y": np.arange(12.0)})
    fit = steepest.fit(frame, target="y")
    assert len(fit.features) == 5
    (note,) = (note for note in fit.notes if "blanks or case" in note)
    assert note == (
        "levels of 'city' differ in blanks or case only, 'New  York' and 'new york' (and 1 more "
        "group): write them alike if they are one"
    )


def test_control_characters_of_levels_do_not_break_a_line() -> None:
    levels = ["a\nb", "tab\there", "\x1b[31mred", "\u202eevil"]
    frame = pd.DataFrame({"v": levels * 3, "y": np.arange(12.0) % 5})
    summary = steepest.fit(frame, target="y").summary()
    assert not {"\t", "\x1b", "\u202e"} & set(summary)
    assert len([line for line in summary.splitlines() if line.startswith("v[")]) == 3
