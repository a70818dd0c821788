"""Dates, times of day and durations in text and in the types of frames and files."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import steepest
from steepest.errors import InputError
from steepest.tables.time_text import TimeText, duration_of, moment_of

SECONDS = [51_930.5, 1800.0, 86_399.0, 26_100.0, 3.25, 40_271.0]
CLOCKS = ["14:25:30.5", "0:30:00", "23:59:59", "7:15", "12:00:03.25 AM", "11:11:11 a.m."]
Y = [1.0, 2.0, 1.5, 3.0, 2.5, 4.0]


def slope_of(x: Any) -> float:
    return float(np.polyfit(np.asarray(x, float), Y, 1)[0])


@pytest.mark.parametrize("text", ["2020-01-31", "31.01.2020", "2020/1/31", "31 Jan 2020"])
@pytest.mark.parametrize("clock", ["", " 14:05", "T14:05:30", " 2:05 PM", "T14:05:30.25+02:00"])
def test_dates_are_read_as_pandas_reads_them(text: str, clock: str) -> None:
    expected = pd.Timestamp("2020-01-31" + clock).to_pydatetime()
    assert moment_of(text + clock) == expected


@pytest.mark.parametrize(
    "text", ["0 days 01:30:00", "2 days 00:00:01", "-1 days +23:00:00", "PT1H30M", "P1DT2H3M4.5S"]
)
def test_durations_are_read_as_pandas_reads_them(text: str) -> None:
    assert duration_of(text) == pd.Timedelta(text).to_pytimedelta()


@pytest.mark.parametrize("days", [0.02, 1.7, -0.3, 40.0])
def test_durations_are_read_as_python_writes_them(days: float) -> None:
    assert duration_of(str(timedelta(days=days))) == timedelta(days=days)


@pytest.mark.parametrize(
    "text", ["30:00", "90:05", "24:61", "13:00 PM", "P", "PT", "2:1", "1 day 2", "3/4", "Jan 2020"]
)
def test_what_cannot_be_told_is_not(text: str) -> None:
    assert duration_of(text) is None
    assert moment_of(text) is None


def test_which_number_is_the_month_is_told_by_the_column() -> None:
    assert TimeText.of(["1/31/2020", "2/3/2020"]) == TimeText("date", "month first")
    assert TimeText.of(["3-2-2020", "31-1-2020"]) == TimeText("date", "day first")
    assert TimeText.of(["1/31/2020", "31/1/2020"]) is None
    assert TimeText.of(["1/2/2020", "3/4/2020"]) is None
    months = ["1/31/2020", "2/3/2020", "3/15/2020", "4/1/2020", "12/25/2020", "7/4/2020"]
    frame = pd.DataFrame({"t": months, "y": Y})
    fit = steepest.fit(steepest.read(frame, dates="elapsed"), target="y")
    since = pd.to_datetime(frame.t, format="%m/%d/%Y") - pd.Timestamp("1970-01-01")
    assert fit.coefficients == {"t.elapsed": pytest.approx(slope_of(since.dt.days), rel=1e-7)}
    with pytest.raises(InputError, match="'25/12/2020', and which date that is cannot be told"):
        fit.predict(pd.DataFrame({"t": ["25/12/2020"]}))


@pytest.mark.parametrize("door", ["csv", "pandas", "polars"])
def test_times_of_a_day_are_parts_of_it(door: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": CLOCKS, "y": Y})
    source: Any = {"pandas": frame, "polars": pl.from_pandas(frame)}.get(door)
    if source is None:
        source = tmp_path / "a.csv"
        frame.to_csv(source, index=False)
    fit = steepest.fit(steepest.read(source, dates=["year", "elapsed"]), target="y")
    days = np.array(SECONDS) / 86_400
    assert fit.coefficients == {"t.elapsed": pytest.approx(slope_of(days), rel=1e-9)}
    assert "column 't' holds times of day; taken is elapsed (in days since midnight)" in fit.notes
    fit.save(tmp_path / "a.steepest")
    again = steepest.load(tmp_path / "a.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.predict(frame) == pytest.approx(np.polyval(np.polyfit(days, Y, 1), days), rel=1e-9)


STEPS = pd.Series(pd.to_timedelta(np.array(SECONDS) * 1e6, unit="us"))


@pytest.mark.parametrize("door", ["text", "pandas", "objects", "polars", "arrow", "query"])
def test_durations_of_every_type_are_days(door: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": STEPS, "y": Y})
    steps = [timedelta(seconds=each) for each in SECONDS]
    sources: dict[str, Any] = {
        "text": frame.assign(t=STEPS.astype(str)),
        "pandas": frame,
        "objects": frame.assign(t=pd.Series(steps, dtype=object)),
        "polars": pl.from_pandas(frame),
        "arrow": pa.table({"t": steps, "y": Y}),
        "query": f"SELECT to_microseconds((s * 1e6)::BIGINT) AS t, y FROM '{tmp_path}/a.csv'",
    }
    pd.DataFrame({"s": SECONDS, "y": Y}).to_csv(tmp_path / "a.csv", index=False)
    source = sources[door]
    fit = steepest.fit(steepest.read(source, dates=["hour", "elapsed"]), target="y")
    expected = slope_of(np.array(SECONDS) / 86_400)
    assert fit.coefficients == {"t.elapsed": pytest.approx(expected, rel=1e-9)}
    assert "column 't' holds durations; taken is elapsed (in days)" in fit.notes
    plain = pd.DataFrame({"x": range(6), "y": Y})
    if door == "pandas":
        notes = steepest.fit(plain.assign(t=STEPS), target="y").notes
        assert any("it holds durations (" in note and "dates=['elapsed']" in note for note in notes)


@pytest.mark.parametrize("objects", [datetime(2020, 1, 1).date(), time(0, 30), timedelta(hours=1)])
def test_objects_of_python_are_told_by_what_they_are(objects: Any) -> None:
    frame = pd.DataFrame({"t": pd.Series([objects] * 6, dtype=object), "x": range(6), "y": Y})
    fit = steepest.fit(frame, target="y")
    name = {"date": "dates", "time": "times of day", "timedelta": "durations"}
    (note,) = (note for note in fit.notes if "'t'" in note)
    assert note.startswith(f"column 't' is left out: it holds {name[type(objects).__name__]} (")


def test_lengths_that_may_be_levels_stay_text() -> None:
    frame = pd.DataFrame({"t": ["3 days", "7 days"] * 3, "y": Y})
    assert steepest.fit(frame, target="y").features == ("t[7 days]",)


def test_dates_in_text_of_a_frame_are_left_out_as_those_of_a_file_are() -> None:
    frame = pd.DataFrame({"t": ["2020-01-31", "2020-02-29"] * 3, "x": range(6), "y": Y})
    fit = steepest.fit(frame, target="y")
    assert fit.features == ("x",)
    assert "column 't' is left out: it holds dates (String); dates=['year'] takes them" in fit.notes
    assert steepest.fit(frame, target="y", features=["t"]).features == ("t[2020-02-29]",)


def test_minutes_and_hours_that_cannot_be_told_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("t,y\n30:00,1\n45:10,2\n90:05,3\n")
    with pytest.raises(InputError, match="'30:00', and how long that is cannot be told; write"):
        steepest.fit(steepest.read(file, dates="elapsed"), target="y")


@pytest.mark.parametrize(
    ("texts", "odd", "what", "told"),
    [
        (["1 Jan 2020", "1 Feb 2020", "1 Mar 2020"], "30 Feb 2020", "dates", "which date"),
        (["2020-01-01", "2020-02-01", "2020-03-01"], "2020-02-30", "dates", "which date"),
        (["1/31/2020", "2/28/2020", "4/5/2020"], "31/1/2020", "dates", "which date"),
        (["2:05 PM", "3:05 PM", "4:00 PM"], "25:61", "times of day", "no time of a day"),
        (["1:30:00", "0:20:00", "25:00:00"], "soon", "durations", "how long"),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_value_that_is_none_of_the_times_of_its_column_is_named(
    texts: list[str], odd: str, what: str, told: str, times: int, tmp_path: Path
) -> None:
    column = [*texts, odd] * times
    frame = pd.DataFrame({"d": column, "x": range(len(column)), "y": range(len(column))})
    notes = steepest.fit(frame, target="y").notes
    said = f"column 'd' is left out: it holds {what} (String), but {odd!r} is none: correct it"
    assert any(note.startswith(said) for note in notes)
    frame.to_csv(tmp_path / "a.csv", index=False)
    for source, at in ((frame, "row 4"), (tmp_path / "a.csv", r"row 4 \(line 5\)")):
        with pytest.raises(InputError, match=f"{at}.*column 'd' is '{odd}'.*{told}"):
            steepest.fit(steepest.read(source, dates="elapsed"), target="y")


def test_dates_that_no_column_holds_are_said() -> None:
    frame = pd.DataFrame({"x": range(6), "t": ["9:30", "shut", "open"] * 2, "y": Y})
    said = "dates were asked for, but no column holds dates, times of day or durations"
    assert said in steepest.fit(steepest.read(frame, dates="year"), target="y").notes
    assert said not in steepest.fit(frame, target="y").notes
