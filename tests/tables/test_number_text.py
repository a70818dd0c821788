"""Numbers as people write them: read on request, proposed where they agree, never indicators."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import steepest
from steepest.errors import InputError
from steepest.tables.number_text import NumberText, looks_like_numbers, number_text


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"thousands": ","}, "$1,200", 1200.0),
        ({"thousands": "."}, "1.200,50", 1200.5),
        ({"thousands": ".", "decimal": ","}, "1.234.567", 1234567.0),
        ({"thousands": " "}, "1\u202f200", 1200.0),
        ({"thousands": "'"}, "1\u2019200.5", 1200.5),
        ({"thousands": "_"}, "-1_000", -1000.0),
        ({"percent": True}, "10%", 10.0),
        ({"percent": True}, "(2.5 %)", -2.5),
        ({"decimal": "."}, "(5)", -5.0),
        ({"decimal": "."}, "2D3", 2000.0),
        ({"decimal": "."}, "'1'", 1.0),
        ({"decimal": "."}, "$-5", -5.0),
        ({"decimal": "."}, "-$ 5", -5.0),
        ({"decimal": "."}, "−5", -5.0),
        ({"decimal": "."}, "+.5e-2", 0.005),
        ({"decimal": ","}, "12,5 €", 12.5),
        ({"thousands": ","}, "₹1,00,000", 100_000.0),
        ({"thousands": ","}, "1,23,45,678", 12_345_678.0),
        ({"decimal": "."}, "5.5-", -5.5),
        ({"decimal": "."}, "EUR 5", 5.0),
        ({"decimal": "."}, "5.5 USD", 5.5),
        ({"decimal": "."}, "US$-5", -5.0),
        ({"thousands": ","}, "１，２００．５", 1200.5),
        ({"decimal": "."}, "١٢", 12.0),
    ],
)
def test_a_number_is_what_it_means(options: dict[str, Any], text: str, value: float) -> None:
    writing = number_text(**{"thousands": None, "decimal": None, "percent": None, **options})
    assert writing is not None
    assert float(writing.plain(text) or "nan") == value


@pytest.mark.parametrize(
    "text",
    [
        *("1,2,000", "12,00", "--5", "(-5)", "(5-)", "+5-", "(5", "5)", "'", "''", "$", "EUR", "%"),
        *("", "1 2", "5%", "5 kg", "5²", "½", "0x1F", "<5", "5M", "1-9"),
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert NumberText(thousands=",").plain(text) is None


@pytest.mark.parametrize("text", ["{} kg", "{}kg", "<{}", "~{}", "{}‰", "{} (est.)", "{}°C", "{}M"])
def test_levels_that_are_amounts_are_pointed_out(text: str) -> None:
    levels = [text.format(each).replace("<3", ">=3") for each in (1, 2.5, 30)]
    fit = steepest.fit(pd.DataFrame({"x": levels * 4, "y": np.arange(12.0)}), target="y")
    said = f"the levels of 'x' are numbers with something beside them, such as {levels[0]!r}"
    assert any(note.startswith(said) for note in fit.notes)


@pytest.mark.parametrize(
    "levels",
    [["1st", "2nd", "3rd"], ["3A", "4B", "5A"], ["A1", "A2", "A3"], ["1 a", "b"], ["Mary", "June"]],
)
def test_other_levels_with_digits_are_not(levels: list[str]) -> None:
    frame = pd.DataFrame({"x": levels * 4, "y": np.arange(4.0 * len(levels))})
    assert len(steepest.fit(frame, target="y").notes) == 2


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (["Jan", "March", "dec."], "look like months, such as 'Jan': number them, 1 to 12"),
        (["2021-03", "2021-11"], "look like months, such as '2021-03': write their first days"),
        (["March 2020", "Apr 2020", "?"], "look like months, such as 'Apr 2020': write their"),
        (["Q1", "Q2"], "look like quarters, such as 'Q1': number them, 1 to 4"),
        (["2021Q3", "2021-Q4", "3Q 2022"], "look like quarters, such as '2021-Q4': write their"),
        (["2021-W03", "2021-W04"], "look like weeks, such as '2021-W03'"),
        (["31/01/20", "28/02/20"], "look like dates, such as '28/02/20': write them with the year"),
        (["½", "1½"], "look like fractions or days, such as '1½': write them as 0.5"),
        (["1/2", "3/4"], "look like fractions or days, such as '1/2': write them as 0.5"),
        (["0x1F", "0xff"], "look like hexadecimal numbers, such as '0x1F'"),
        (["10-20", "20–30", ">30"], "look like ranges, such as '10-20': write the middle of each"),
        (["1×10^3", "2x10³"], "look like numbers, such as '1×10^3': write 2×10^3 as 2e3"),
        (["3 kg", "400 g"], "are numbers with something beside them, such as '3 kg'"),
        (["1e3 m", "2e3 m"], "are numbers with something beside them, such as '1e3 m'"),
        (["5k", "1.5M", "ca. 30"], "are numbers with something beside them, such as '1.5M'"),
    ],
)
def test_what_levels_look_like_is_said(levels: list[str], said: str) -> None:
    frame = pd.DataFrame({"x": levels * 4, "y": np.arange(4.0 * len(levels)) ** 2})
    notes = steepest.fit(frame, target="y").notes
    assert any(note.startswith(f"the levels of 'x' {said}") for note in notes), notes
    frame["x"] = frame["x"].astype("category")
    assert not any("the levels of" in note for note in steepest.fit(frame, target="y").notes)


def test_marks_that_no_number_has() -> None:
    table = [[1.0, 2.0], [2.0, 3.0], [3.0, 5.0]]
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"thousands": ";"}, "thousands is ';'; use one of"),
        ({"decimal": "'"}, "decimal is \"'\"; use '.' or ','"),
        ({"thousands": ",", "decimal": ","}, "thousands and decimal are both ','"),
        ({"thousands": ","}, "how numbers are written is for CSV files and DataFrames"),
    )
    for options, message in wrong:
        with pytest.raises(InputError, match=message):
            steepest.read(table, **options)
    with pytest.raises(InputError, match="a lazy frame's numbers are read by its engine"):
        steepest.read(pl.LazyFrame({"x": ["1,200"]}), thousands=",")


US = 'sqft,price\n"1,200","$250,000"\n"1,500","$310,500"\n900,"$199,000"\n"2,100","$405,250"\n'
GERMAN = (
    "sqft;price\n1.200;250.000,00 €\n1.500;310.500,00 €\n900;199.000,00 €\n2.100;405.250,00 €\n"
)
BOTH = {"thousands": ".", "decimal": ","}
PLAIN = {"sqft": [1200, 1500, 900, 2100], "price": [250000, 310500, 199000, 405250]}
SLOPE = np.polyfit(PLAIN["sqft"], PLAIN["price"], 1)[0]


@pytest.mark.parametrize(
    ("text", "options"),
    [(US, {"thousands": ","}), (GERMAN, {"thousands": "."}), (GERMAN, BOTH)],
)
def test_a_file_is_read_as_it_is_meant(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    table = steepest.read(file, **options)
    assert table.kinds == {"sqft": "number", "price": "number"}
    assert f"numbers read with thousands={options['thousands']!r}" in table.notes[0]
    fit = steepest.fit(table, target="price")
    assert fit.coefficients["sqft"] == pytest.approx(SLOPE, rel=1e-12)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_frame_is_read_as_it_is_meant(library: Any) -> None:
    texts = {"sqft": ["1,200", "1,500", "900", "2,100"], "city": [*"abba"]}
    frame = library(texts | {"price": ["$250,000", "$310,500", "$199,000", "$405,250"]})
    table = steepest.read(frame, thousands=",")
    assert table.kinds == {"sqft": "number", "city": "text", "price": "number"}
    fit = steepest.fit(table, target="price", features=["sqft"])
    assert fit.coefficients["sqft"] == pytest.approx(SLOPE, rel=1e-12)
    assert fit.predict(table)[0] == pytest.approx(fit.coefficients["sqft"] * 1200 + fit.intercept)


def test_missing_and_odd_values_among_the_numbers_of_a_frame() -> None:
    frame = pd.DataFrame({"x": ["1,200", None, "3", "4"], "y": [1.0, 2.0, 4.0, 4.5]})
    fit = steepest.fit(steepest.read(frame, thousands=",", missing="drop"), target="y")
    assert fit.rows == 3
    frame["x"] = ["1,200", "few", "3", "4"]
    with pytest.raises(InputError, match="DataFrame, row 2: column 'x' is 'few', which is not a"):
        steepest.read(frame, thousands=",")
    frame["x"] = ["9,007,199,254,740,993", "2", "3", "4"]
    with pytest.raises(InputError, match="row 1: column 'x' is 9007199254740993, which float64"):
        steepest.read(frame, thousands=",")


def test_an_odd_value_of_a_file_is_named_as_it_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('# dollars\nx,y\n"1,200",1\nmany,2\n"3,000",3\n"4,000",4\n')
    with pytest.raises(InputError, match=r"row 2 \(line 4\): column 'x' is 'many', which is not"):
        steepest.fit(steepest.read(file, thousands=","), target="y")


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        (["$250000", "$310500", "$199000"], "read it with decimal='.'"),
        (["10%", "20%", "30%"], "read it with percent=True"),
        (["1 200", "800", "1 900"], "read it with thousands=' '"),
        (["1.234,50", "999,00", "1,0"], "read it with thousands='.', decimal=','"),
        (["1,200.5", "2,000", "300"], "read it with thousands=','"),
        (["1,200", "2,000", "300"], "decimal=',' if '1,200' is 1.200, with thousands=',' if it is"),
        (
            ["1,200.5", "2,000", "n.k."],
            "'n.k.' is none: correct it, or leave the field empty; read",
        ),
        (["1.200,5", "2,000.5", "1"], "its numbers are not all written alike"),
    ],
)
def test_text_that_looks_like_numbers_is_refused_with_the_way_to_read_it(
    tmp_path: Path, values: list[str], advice: str
) -> None:
    frame = pd.DataFrame({"x": values, "y": [1.0, 2.0, 4.0]})
    file = tmp_path / "a.csv"
    frame.to_csv(file, index=False)
    for source, target in ((frame, "y"), (file, "y"), (frame, "x"), (file, "x")):
        with pytest.raises(
            InputError, match="column 'x' is text that looks like numbers"
        ) as caught:
            steepest.fit(source, target=target)
        assert advice in str(caught.value)


def test_a_decimal_comma_in_other_columns_decides_what_is_proposed(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("menge;preis;y\n1.200;2,5;1\n800;3,5;2,1\n1.900;4,5;3,3\n700;1,5;3,9\n")
    with pytest.raises(InputError, match=r"'1\.200'; read it with thousands='\.', decimal=','$"):
        steepest.fit(file, target="y")
    file.write_text("menge;preis;y\n100;2,5;1\n800;3,5;2,1\n1.900;4,5;3,3\n700;1,5;3,9\n")
    with pytest.raises(InputError, match=r"row 3 \(line 4\): column 'menge' is '1\.900', which is"):
        steepest.fit(file, target="y")
    fit = steepest.fit(steepest.read(file, thousands="."), target="y", features=["menge"])
    slope = np.polyfit([100, 800, 1900, 700], [1, 2.1, 3.3, 3.9], 1)[0]
    assert fit.coefficients["menge"] == pytest.approx(slope, rel=1e-12)


def test_text_on_purpose_is_text() -> None:
    assert not looks_like_numbers(["A1", "2020-01-01", "10:30", "3 rooms", "1-2"])
    frame = pd.DataFrame({"x": pd.Categorical([*"12313"]), "y": [1.0, 2.0, 4.0, 1.5, 3.5]})
    assert steepest.fit(frame, target="y").features == ("x[2]", "x[3]")
    with pytest.raises(InputError, match="cast it to a number where the table is made"):
        steepest.fit("select '1' || i as x, i as y from range(5) t(i)", target="y")


def test_numbers_that_begin_late_are_read_as_stated(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("price;qty\n" + ";1\n" * 1100 + "1.200;2\n3.000;3\n" * 300)
    fit = steepest.fit(steepest.read(file, thousands=".", missing="drop"), target="price")
    assert fit.predict([[2.0]]) == pytest.approx([1200.0])


def test_a_number_of_another_writing_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x;y\n1.200;1\n3.400;2\n12.50;3\n5.600;4\n")
    table = steepest.read(file, thousands=".")
    with pytest.raises(InputError, match=r"row 3 \(line 4\): column 'x' is '12\.50', which is not"):
        steepest.fit(table, target="y")


@pytest.mark.parametrize("text", ["0.125", "00.125", "0.500.000"])
def test_no_group_of_thousands_begins_with_zero(text: str) -> None:
    assert NumberText(thousands=".", decimal=",").plain(text) is None


@pytest.mark.parametrize("rows", ['1,000;a\n2;"b\n3;c\n4;d\n', '"1"2;3\n2;3\n4;5\n'])
def test_quotes_are_as_strict_as_without(tmp_path: Path, rows: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x;y\n" + rows)
    for thousands in (None, ","):
        with pytest.raises(InputError, match="quote"):
            steepest.fit(steepest.read(file, thousands=thousands), target="x")


def test_a_few_words_among_the_numbers_make_text(tmp_path: Path) -> None:
    values = ["1", "2", "3", "4", "low", "high", "mid", "low", "high", "mid", "low"]
    frame = pd.DataFrame({"x": values, "y": range(11)})
    assert len(steepest.fit(frame, target="y").features) == 6
    many = pd.DataFrame({"x": [f"{k}" for k in range(60)] + [f"w{k % 90}" for k in range(540)]})
    many["z"], many["y"] = np.arange(600.0), np.arange(600.0)
    assert steepest.fit(many, target="y").features == ("z",)
    digits = pd.DataFrame({"x": [*"12312"], "y": [1.0, 2.0, 4.0, 1.5, 3.5]})
    with pytest.raises(InputError, match="or make it categorical"):
        steepest.fit(digits, target="y")


def test_long_text_takes_no_time() -> None:
    assert not looks_like_numbers(["1" + " " * 200_000 + "x", "$" + " " * 200_000])
