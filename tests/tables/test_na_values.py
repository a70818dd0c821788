"""Which texts of a file stand for a missing value can be said; pandas reads the same of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import steepest
from steepest.errors import InputError

ROWS = "x,c,y\n1,a,2\n-,b,3\n3,?,5\n-999,a,7.5\n5,b,8\nNA,a,9\n6,b,8.5\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    return path


def test_rows_that_lack_a_value_are_those_of_pandas(file: Path) -> None:
    table = steepest.read(file, na_values=["-", "?", "-999"], missing="drop")
    frame = pd.read_csv(file, na_values=["-", "?", "-999"])
    whole = [row for row in table.head(9) if None not in row.values()]
    assert whole == frame.dropna().to_dict("records")
    fit = steepest.fit(table, "y", features=["x"])
    frame = frame.dropna(subset="x")
    slope, level = np.polyfit(frame.x, frame.y, 1)
    assert [*fit.coefficients.values(), fit.intercept] == pytest.approx([slope, level])
    assert "missing where '-' or '?' or '-999'" in fit.description


def test_the_text_that_is_no_number_is_proposed(file: Path) -> None:
    with pytest.raises(InputError, match=r"'-', which is .*; read with na_values=\['-'\] it is mi"):
        steepest.fit(file, "y")
    with pytest.raises(InputError, match="3 missing values: x 3"):
        steepest.fit(steepest.read(file, na_values=["-", "-999"]), "y")


def test_one_text_may_stand_alone_and_no_other_source_takes_any(file: Path) -> None:
    assert steepest.read(file, na_values="-").head(2)[1]["x"] is None
    with pytest.raises(InputError, match="na_values is for CSV files only; leave it out"):
        steepest.read(pd.DataFrame({"x": [1.0]}), na_values=["-"])
    with pytest.raises(InputError, match="na_values is 3; give a list of names"):
        steepest.read(file, na_values=3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"steepest\.read"):
        steepest.fit(file, "y", na_values=["-"])  # type: ignore[call-arg]


def test_a_header_is_found_above_words_that_mean_missing(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("-,1\n2,3\n4,5\n")
    table = steepest.read(path, na_values="-")
    assert table.columns == ("column1", "column2") and table.head(1)[0]["column1"] is None
