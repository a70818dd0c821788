"""A table of steps in the hands of other programs, and in files."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas
import polars
import pyarrow
import pytest

import steepest
from steepest.errors import InputError, OutputError
from steepest.path.path import DescentPath
from steepest.path.step_table import StepTable


def swing() -> DescentPath:
    """Numbers with all their digits."""
    return steepest.minimize("(x - 1)^4 + y^2", (0.3, -0.7), lr=0.1, momentum=0.9, epochs=40)


def unfinished() -> StepTable:
    """A run that leaves the domain: nan at its end."""
    return steepest.minimize("log(x) + x", start=0.5, lr=1, epochs=5).table()


def test_arrow_uses_the_same_memory() -> None:
    table = swing().table()
    arrow = table.to_arrow()
    assert arrow.column_names == list(table.names)
    assert arrow.schema.field("index").type == pyarrow.int64()
    for name in table.names:
        buffer = arrow.column(name).chunk(0).buffers()[1]
        assert buffer.address == table[name].ctypes.data
        assert arrow.column(name).null_count == 0


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_frames_hold_the_same_numbers(package: str) -> None:
    path = swing()
    frame = getattr(path, f"to_{package}")()
    assert type(frame) is (pandas.DataFrame if package == "pandas" else polars.DataFrame)
    assert list(frame.columns) == list(path.table().names)
    for name in path.table().names:
        assert np.array_equal(frame[name].to_numpy(), path.table()[name])


def test_a_pandas_frame_can_be_changed() -> None:
    frame = swing().to_pandas([0, 1])
    frame.loc[0, "x"] = 5.0
    assert frame["x"][0] == 5.0


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as error:
        getattr(swing(), f"to_{package}")()
    assert str(error.value) == (
        f"to_{package} needs {package}, which is not installed: pip install {package}, or use "
        "to_arrow()."
    )


def test_csv_keeps_every_digit(tmp_path: Path) -> None:
    path = swing()
    path.to_csv(tmp_path / "run.csv")
    with open(tmp_path / "run.csv", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    table = path.table()
    assert head == list(table.names)
    for name, cells in zip(head, zip(*rows, strict=True), strict=True):
        assert [float(cell) for cell in cells] == table[name].tolist()
    assert [row[0] for row in rows] == [str(k) for k in range(41)]


def test_csv_leaves_nan_empty(tmp_path: Path) -> None:
    table = unfinished()
    assert np.isnan(table["objective"][-1])
    table.to_csv(tmp_path / "run.csv")
    last = (tmp_path / "run.csv").read_text().splitlines()[-1].split(",")
    assert last[table.names.index("objective")] == ""
    assert pandas.read_csv(tmp_path / "run.csv")["objective"].isna().tolist()[-1]


def test_a_name_that_a_spreadsheet_would_run_is_harmless(tmp_path: Path) -> None:
    rows = {"=1+1": [1.0, 2.0, 3.0], "@a,b": [1.0, 0.0, 2.0], "price": [2.0, 4.0, 6.5]}
    path = steepest.fit(pandas.DataFrame(rows), target="price", lr=0.1, epochs=2).path
    path.to_csv(tmp_path / "run.csv")
    with open(tmp_path / "run.csv", encoding="utf-8", newline="") as file:
        head = next(csv.reader(file))
    assert head[:4] == ["index", "'=1+1", "'@a,b", "intercept"]
    assert not [name for name in head if name[0] in "=+-@"]


def test_json_is_a_list_of_records(tmp_path: Path) -> None:
    path = swing()
    path.to_json(tmp_path / "run.json", [0, 40])
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    table = path.table([0, 40])
    assert json.loads(text) == [{name: table[name][i] for name in table.names} for i in range(2)]
    assert len(text.splitlines()) == 2 + 2
    assert polars.read_json(tmp_path / "run.json")["x"].to_list() == table["x"].tolist()


def test_json_has_null_for_what_is_not_finite(tmp_path: Path) -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    table = unfinished()
    table.to_json(tmp_path / "run.json")
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    records = json.loads(text, parse_constant=refuse)
    assert len(records) == len(table)
    assert records[-1]["objective"] is None


def test_infinities_in_files(tmp_path: Path) -> None:
    table = StepTable({"index": np.array([0, 1]), "objective": np.array([np.inf, -np.inf])})
    table.to_csv(tmp_path / "run.csv")
    table.to_json(tmp_path / "run.json")
    assert (tmp_path / "run.csv").read_text() == "index,objective\n0,inf\n1,-inf\n"
    assert [each["objective"] for each in json.loads((tmp_path / "run.json").read_text())] == [
        None,
        None,
    ]


def test_no_steps_are_files_too(tmp_path: Path) -> None:
    swing().to_csv(tmp_path / "run.csv", [])
    swing().to_json(tmp_path / "run.json", [])
    assert len((tmp_path / "run.csv").read_text().splitlines()) == 1
    assert json.loads((tmp_path / "run.json").read_text()) == []


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_place_that_cannot_be_written(form: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        getattr(swing(), f"to_{form}")(tmp_path / "nowhere" / f"run.{form}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "json"])
def test_steps_that_are_not_there_leave_the_old_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"run.{form}"
    file.write_text("old")
    with pytest.raises(InputError, match="there is no step 99"):
        getattr(swing(), f"to_{form}")(file, [99])
    assert file.read_text() == "old"
