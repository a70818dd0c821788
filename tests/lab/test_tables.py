"""Tables on their way to the page: their text, what is said of them, and the verdicts asked for."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.lab.bundle import answered

import steepest
from steepest.cli.main import main
from steepest.errors import InputError
from steepest.lab import tables
from steepest.lab.messages import Answer, answer_of, read_request
from steepest.lab.tables import FitRequest, table_text

X, Y = [1.0, 2.0, 4.0, 5.0, 7.0, 8.0], [2.0, 1.5, 4.5, 4.0, 8.5, 7.0]
REQUEST = {
    "kind": "fit", "id": 3, "features": [X], "names": ["x", "y"], "target": Y, "standardize": False,
    "start": [0.0, 0.0], "learningRate": 0.01, "momentum": 0.0, "epochs": 100, "batch": 2,
    "batchEpochs": 20, "holdout": 0.0, "seed": 0,
}  # fmt: skip


def test_a_table_is_written_plainly_with_what_was_done_above(tmp_path: Path) -> None:
    file = tmp_path / "rent.csv"
    file.write_text('town;rent;new\n"Bonn, West";500,5;true\nUlm;NA;false\n', encoding="utf-8")
    assert table_text(str(file)).splitlines() == [
        "#: rent.csv: CSV, delimiter ';', header, decimal comma",
        "#: columns: 1 of text, 1 of numbers, 1 of booleans",
        "town,rent,new",
        '"Bonn, West",500.5,True',
        "Ulm,,False",
    ]


def test_an_error_names_the_file_by_the_name_that_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n1,2\n3,x\n5,6\n7,8\n")
    with pytest.raises(InputError, match=r"^mine\.csv, row 2 \(line 3\): column 'b' is 'x'"):
        table_text(str(file), "mine.csv")


def test_what_is_too_large_for_a_page_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n" + "1,2\n" * 5)
    monkeypatch.setattr(tables, "MOST_LETTERS", 40)
    with pytest.raises(InputError, match=r"t\.csv is more than 40 letters"):
        table_text(str(file))
    monkeypatch.setattr(tables, "MOST_ROWS", 4)
    with pytest.raises(InputError, match=r"t\.csv has more than 4 rows"):
        table_text(str(file))
    monkeypatch.setattr(tables, "MOST_COLUMNS", 1)
    with pytest.raises(InputError, match=r"t\.csv has 2 columns, and the page takes at most 1;"):
        table_text(str(file))


def test_the_verdicts_are_those_of_fit() -> None:
    request = read_request(json.dumps(REQUEST))
    assert isinstance(request, FitRequest)
    answer = answer_of(request)
    rows = steepest.read([[x] for x in X], names=["x"])
    options: dict[str, Any] = {"standardize": False, "start": [0.0, 0.0], "lr": 0.01}
    whole = steepest.fit(rows, Y, epochs=100, **options)
    batches = steepest.fit(rows, Y, epochs=20, batch_size=2, **options)
    assert (answer.verdict, answer.batches) == (str(whole.verdict), str(batches.verdict))
    assert answer.forecast == str(whole.forecast)


@pytest.mark.parametrize(
    "change",
    (
        {"features": []},
        {"features": [[1.0]]},
        {"target": ["a", "b"]},
        {"learningRate": 0.0},
        {"momentum": 1.0},
        {"epochs": 0},
        {"epochs": 10**10},
        {"batchEpochs": 10**6},
        {"holdout": 1.0},
        {"seed": -1},
        {"path": "/etc/passwd"},
        {"kind": "table"},
    ),
)
def test_a_request_outside_its_limits_is_refused(change: dict[str, Any]) -> None:
    assert isinstance(read_request(json.dumps({**REQUEST, **change})), Answer)


@pytest.mark.parametrize(
    ("change", "said"),
    (
        ({"features": [X[:-1]]}, "different numbers of rows"),
        ({"start": [1.0]}, "start"),
        ({"names": []}, "names"),
        ({"target": [1e300] * 6}, "float64"),
    ),
)
def test_what_cannot_be_fitted_is_one_line(change: dict[str, Any], said: str) -> None:
    request = read_request(json.dumps({**REQUEST, **change}))
    assert isinstance(request, FitRequest)
    assert said in answer_of(request).error


@pytest.mark.parametrize("source", ("file", "sample:three-points"))
def test_the_lab_begins_with_a_table(source: str, tmp_path: Path) -> None:
    file, page = tmp_path / "points.csv", tmp_path / "lab.html"
    file.write_text("x,y\n1,2\n2,4\n3,7\n")
    given = str(file) if source == "file" else source
    with pytest.raises(SystemExit) as end, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["steepest", "lab", given, "--save", str(page)])
        main()
    assert end.value.code == 0
    place = re.search(r'data-state="([^"]*)"', page.read_text(encoding="utf-8"))
    assert place is not None
    state = parse_qs(place[1].replace("&amp;", "&"))
    assert state["room"] == ["table"]
    data = parse_qs(state["table"][0])["data"][0]
    first = "points.csv: CSV" if source == "file" else "sample:three-points: y = 2x"
    assert data.startswith(f"#: {first}") and "\nx,y\n" in data
    assert str(tmp_path) not in data


# What both can read, written in many ways.
BOTH = (
    "a,b\n1,2\n3,4\n",
    "a;b\n1,5;2\n3,25;4\n",
    "a\tb\n1\t2\n3\t4\n",
    "a  b\n1   2\n 3  4\n",
    "a b\n1 2\n3 4\n",
    "1,2\n3,4\n",
    "# from a book\na,b\n1,2\n2,3\n",
    "# one\n# two\na;b\n1;2\n2;3\n",
)


def test_both_readers_say_the_same_of_a_table(tmp_path: Path) -> None:
    for text, notes in zip(BOTH, answered([{"table": text} for text in BOTH]), strict=True):
        file = tmp_path / "t.csv"
        file.write_text(text)
        engine = steepest.read(file).notes[0].removeprefix(f"{file}: ")
        assert notes[0] == f"2 rows: {engine}"
