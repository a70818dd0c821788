"""`steepest.read`: what a table shows, what it keeps, and that a fit takes it from every source."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.errors import InputError
from steepest.models.mini_batches import MiniBatches
from steepest.tables.files.file_table import FileTable
from steepest.tables.table import TableView
from steepest.translation import speaking

PENGUINS = "examples/penguins.csv"
X = np.random.default_rng(0).normal(size=(40, 2))
Y = X @ [2.0, -1.0] + 0.5
FRAME = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": Y})


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_file_shows_its_columns_kinds_notes_and_first_rows() -> None:
    table = steepest.read(PENGUINS, columns=["species", "body_mass_g"], missing="drop")
    assert table.columns == ("species", "body_mass_g")
    assert table.kinds == {"species": "text", "body_mass_g": "number"}
    assert table.rows is None
    assert table.notes == (
        "examples/penguins.csv: CSV, delimiter ',', header",
        "columns: 3 of text, 5 of numbers",
        "2 of its 8 columns are kept: species and body_mass_g",
        "a fit leaves out rows with missing values",
    )
    assert table.head(4)[2:] == [
        {"species": "Adelie", "body_mass_g": 3250.0},
        {"species": "Adelie", "body_mass_g": None},
    ]
    assert repr(table).splitlines() == [
        "Table of examples/penguins.csv: CSV, delimiter ',', header",
        "columns: 3 of text, 5 of numbers; 2 of its 8 columns are kept: species and",
        "body_mass_g; a fit leaves out rows with missing values",
        "  species      text    Adelie, Adelie, Adelie, Adelie, Adelie",
        "  body_mass_g  number  3750, 3800, 3250, missing, 3450",
    ]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        pytest.param("rows.csv", None, id="csv"),
        pytest.param("rows.parquet", 40, id="parquet"),
        pytest.param("row?.csv", None, id="glob"),
        pytest.param("select a, b, y from 'rows.csv'", None, id="query"),
        pytest.param(FRAME, 40, id="polars"),
        pytest.param(FRAME.to_pandas(), 40, id="pandas"),
        pytest.param(FRAME.lazy(), None, id="lazy"),
    ],
)
def test_every_source_is_read_and_fitted(
    source: Any, rows: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.write_csv("rows.csv")
    FRAME.write_parquet("rows.parquet")
    table = steepest.read(source)
    assert (table.columns, table.rows, set(table.kinds.values())) == (
        ("a", "b", "y"), rows, {"number"},
    )  # fmt: skip
    assert table.head(1) == [dict(zip("aby", map(pytest.approx, FRAME.row(0)), strict=True))]
    fit = steepest.fit(table, target="y")
    assert fit.coefficients == pytest.approx({"a": 2.0, "b": -1.0}, rel=1e-9)
    assert fit.coefficients == steepest.fit(source, target="y").coefficients
    narrow = steepest.fit(steepest.read(source, columns=["y", "b"]), target="y")
    assert narrow.coefficients == steepest.fit(source, target="y", features=["b"]).coefficients


def test_arrays_lists_and_samples_are_read_too() -> None:
    table = steepest.read(X.tolist(), names=["left", "right"])
    assert (table.columns, table.rows) == (("left", "right"), 40)
    beside = steepest.fit(table, Y)
    assert beside.coefficients == pytest.approx({"left": 2.0, "right": -1.0}, rel=1e-9)
    narrow = steepest.fit(steepest.read(table, columns=["right"]), Y, weights=np.ones(40))
    assert narrow.coefficients == pytest.approx(
        {"right": steepest.fit(X[:, 1:], Y).coefficients["x"]}, rel=1e-9
    )
    sample = steepest.fit(steepest.read("sample:three-points"))
    assert sample.coefficients == steepest.fit("sample:three-points").coefficients


def test_a_target_beside_the_columns_that_are_kept_may_have_the_name_of_another() -> None:
    expected = steepest.fit(FRAME, "y", features=["a"]).coefficients
    for frame in (FRAME, FRAME.to_pandas()):
        table = steepest.read(frame, columns=["a"])
        assert steepest.fit(table, frame["y"]).coefficients == pytest.approx(expected, rel=1e-9)
    array = steepest.read(FRAME.to_numpy(), names=["a", "b", "y"], columns=["b", "a"])
    assert array.head(1) == [{"b": X[0, 1], "a": X[0, 0]}]
    assert steepest.fit(array, Y).coefficients == pytest.approx({"b": -1.0, "a": 2.0}, rel=1e-9)


def test_a_table_is_compared_predicted_scored_by_moments_and_read_again() -> None:
    table = steepest.read(FRAME)
    assert steepest.Moments.of(table, "y").means == steepest.Moments.of(FRAME, "y").means
    fit = steepest.fit(table, target="y")
    assert fit.predict(table).tolist() == fit.predict(FRAME).tolist()
    sorts = steepest.fit(X, np.where(Y > 0.0, "up", "down"), loss="logistic", ridge=0.1)
    assert sorts.predict_proba(steepest.read(X)).tolist() == sorts.predict_proba(X).tolist()
    assert fit.score(table) == fit.score(FRAME) == pytest.approx(1.0)
    truth = np.where(Y > 0.0, "up", "down")
    assert sorts.score(steepest.read(X), truth) == sorts.score(X, truth) == 0.975
    runs = steepest.compare(table, "y", batch_size=[5, None], epochs=2)
    again = steepest.compare(FRAME, "y", batch_size=[5, None], epochs=2)
    assert runs.summary() == again.summary()
    narrow = steepest.read(
        steepest.read(table, missing="drop"), columns=FRAME.to_pandas().columns[2:]
    )
    assert (narrow.columns, narrow.missing) == (("y",), "drop")
    assert narrow.notes[-1] == "a fit leaves out rows with missing values"


def test_columns_that_are_kept_are_of_the_same_files_and_statement() -> None:
    chosen = steepest.read(PENGUINS, columns=["year"]).opened
    assert isinstance(chosen, TableView)
    assert (chosen.files, chosen.statement) == ((Path(PENGUINS),), None)
    query = f"select * from '{PENGUINS}'"
    whole, part = steepest.read(query).opened, steepest.read(query, columns=["year"]).opened
    assert isinstance(whole, FileTable) and isinstance(part, TableView)
    assert part.statement == whole.statement is not None
    assert part.files == whole.files


def test_nothing_big_is_read_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocks(self: FileTable, names: object, rows: int) -> Any:
        raise AssertionError("rows were read")

    monkeypatch.setattr(FileTable, "blocks", blocks)
    table = steepest.read(PENGUINS, columns=["year"], missing="mean")
    assert (table.columns, table.rows, table.head(0)) == (("year",), None, [])


def test_how_a_text_file_is_read_is_said_when_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("größe|preis\n1|2\n2|4\n3|6.5\n".encode("latin-1"))
    table = steepest.read(file, delimiter="|", encoding="latin-1", header=True, names=["x", "y"])
    assert table.head(1) == [{"x": 1.0, "y": 2.0}]
    assert steepest.fit(table, target="y").coefficients == pytest.approx({"x": 2.25})


@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_missing_values_are_said_to_read_or_to_fit(missing: Any) -> None:
    options: dict[str, Any] = {"target": "body_mass_g", "features": ["year", "bill_length_mm"]}
    read = steepest.fit(steepest.read(PENGUINS, missing=missing), **options)
    fitted = steepest.fit(PENGUINS, missing=missing, **options)
    assert read.coefficients == fitted.coefficients
    table = steepest.read(PENGUINS, missing="error")
    assert refused(lambda: steepest.fit(table, missing=missing, **options)) == (
        f"the table was read with missing='error', and here missing is {missing!r}; say it once"
    )
    assert "was fitted with missing" in refused(lambda: read.predict(table))


def test_missing_values_are_an_error_where_nothing_is_said() -> None:
    table = steepest.read(PENGUINS)
    assert "missing values" in refused(lambda: steepest.fit(table, target="body_mass_g"))
    assert "missing values" in refused(lambda: steepest.Moments.of(table, "body_mass_g"))
    kept = steepest.read(PENGUINS, missing="drop")
    assert steepest.Moments.of(kept, "body_mass_g", features=["year"]).rows == 342


def test_values_of_every_kind_are_shown() -> None:
    frame = pl.DataFrame(
        {
            "day": [date(2020, 1, 1), None],
            "list": [[1, 2], [3]],
            "count": [1, None],
            "yes": [True, None],
            "text": ["a\x1b[31m<b>", None],
        }
    )
    table = steepest.read(frame)
    assert list(table.kinds.values()) == ["date", "other", "number", "boolean", "text"]
    assert table.head() == [
        {"day": "2020-01-01", "list": "[1, 2]", "count": 1, "yes": True, "text": "a\x1b[31m<b>"},
        {"day": None, "list": "[3]", "count": None, "yes": None, "text": None},
    ]
    assert "\x1b" not in repr(table)
    assert "<b>" not in table._repr_html_()
    assert "a\\x1b[31m&lt;b&gt;" in table._repr_html_()


def test_the_html_is_a_table_of_the_first_rows() -> None:
    page = steepest.read([[1, 2], [3, float("nan")]], names=["<x>", "y&z"])._repr_html_()
    assert page.startswith("<table><caption>array: 2 rows, 2 columns, float64; 2 rows; columns: 2")
    assert "<th scope='col'>&lt;x&gt;</th><th scope='col'>y&amp;z</th>" in page
    assert "<td><em>number</em></td>" in page
    assert "<tr><td>1</td><td>2</td></tr><tr><td>3</td><td>missing</td></tr></tbody>" in page


def test_kinds_are_named_in_the_language_spoken() -> None:
    with speaking("zh"):
        table = steepest.read("select 1.5 as price, true as sold union all select NULL, false")
        assert repr(table).splitlines()[2:] == [
            "  price  数      1.5, 缺失",
            "  sold   布尔值  True, False",
        ]
        assert "<td><em>布尔值</em></td>" in table._repr_html_()
    assert table.kinds == {"price": "number", "sold": "boolean"}


def test_a_wide_table_is_shown_in_part() -> None:
    lines = repr(steepest.read(np.zeros((1, 31)))).splitlines()
    assert lines[-2:] == ["  x30  number  0", "  and 1 more column"]
    long = repr(steepest.read(pl.DataFrame({"a" * 100: ["b" * 1000]})))
    assert max(map(len, long.splitlines())) <= 80


def test_rows_that_cannot_be_read_leave_their_reason_in_their_place() -> None:
    query = "select cast(s as integer) as x, s from (values ('a'), ('2')) t(s)"
    table = steepest.read(query)
    lines = repr(table).splitlines()
    assert lines[2:4] == ["  x  number", "  s  text"]
    assert "Could not convert string 'a' to INT32" in lines[4]
    assert "Could not convert string &#x27;a&#x27; to INT32" in table._repr_html_()
    assert "Could not convert" in refused(table.head)


def test_rows_of_a_lazy_frame_stay_in_their_engine() -> None:
    table = steepest.read(FRAME.lazy(), columns=["b", "y"])
    assert repr(table).splitlines() == [
        "Table of polars lazy frame: 3 columns",
        "columns: 3 of numbers; 2 of its 3 columns are kept: b and y",
        "  b  number",
        "  y  number",
        "  its rows stay in their engine; head() asks for the first",
    ]
    assert "head() asks for the first" in table._repr_html_()
    assert len(table.head(3)) == 3


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: steepest.read("no.csv"), "no.csv does not exist"),
        (lambda: steepest.read(PENGUINS, columns=["specie"]), "Did you mean 'species'?"),
        (lambda: steepest.read(PENGUINS, columns="species"), "give a list of names"),
        (lambda: steepest.read(PENGUINS, columns=[]), "columns is an empty list"),
        (lambda: steepest.read(PENGUINS, columns=["year", "year"]), "names 'year' twice"),
        (lambda: steepest.read(PENGUINS, missing="dorp"), "use 'error', 'drop' or 'mean'"),  # type: ignore[arg-type]  # refused
        (lambda: steepest.fit(FRAME, "y", missing=""), "use 'error', 'drop' or 'mean'"),  # type: ignore[arg-type]  # refused
        (lambda: steepest.read(FRAME, header=True), "header is for CSV files only"),
        (lambda: steepest.read("sample:three-points", names=["a"]), "names is for CSV files"),
        (lambda: steepest.read(steepest.read(FRAME), names=["a"]), "names is said when a table is"),
        (lambda: steepest.read(steepest.Moments.of(X, Y)), "moments hold no rows to read"),
        (lambda: steepest.read(FRAME).head(-1), "give a whole number, 0 or more"),
        (lambda: steepest.fit(steepest.read(FRAME)), "no target was given"),
        (lambda: steepest.fit(steepest.read(PENGUINS), Y), "the target is the name of a column"),
        (lambda: steepest.fit(steepest.read(FRAME.lazy()), Y), "the target is the name of a"),
        (lambda: steepest.fit(steepest.read(X), Y[:5]), "5"),
        (lambda: steepest.fit(steepest.read(FRAME, columns=["a"]), "y"), "no target column 'y'"),
        (lambda: steepest.fit(X, Y, progress=print), "extends steepest.models.fit_progress"),  # type: ignore[arg-type]  # refused
    ],
)
def test_what_cannot_be_read_is_one_line(call: Callable[[], object], said: str) -> None:
    assert said in refused(call)


def test_a_checkpoint_is_of_the_files_of_a_table(tmp_path: Path) -> None:
    file, saved = tmp_path / "a.csv", tmp_path / "run.ckpt"
    FRAME.write_csv(file)
    options: dict[str, Any] = {"batch_size": MiniBatches(8, checkpoint=saved), "lr": 0.05}
    first = steepest.fit(steepest.read(file), "y", epochs=2, **options)
    longer = steepest.fit(str(file), "y", epochs=4, **options)
    assert (first.epochs, longer.epochs) == (2, 4)
    FRAME.head(30).write_csv(file)
    assert "checkpoint" in refused(
        lambda: steepest.fit(steepest.read(file), "y", epochs=6, **options)
    )


def test_the_columns_that_are_kept_are_those_that_are_predicted_from(tmp_path: Path) -> None:
    fit = steepest.fit(steepest.read(FRAME, columns=["a", "y"]), "y")
    fit.save(tmp_path / "fit.steepest")
    loaded = steepest.load(tmp_path / "fit.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert list(loaded.coefficients) == ["a"]
    assert json.dumps(loaded.to_dict(), default=str)
