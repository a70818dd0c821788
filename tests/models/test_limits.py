"""What would never end is refused before the work, with an estimate; what is only wide is fast."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.cli.main import main
from steepest.descent.stopping import Stopping
from steepest.errors import InputError
from steepest.estimators import GradientDescentRegressor
from steepest.tables.files.text_limits import MOST_COLUMNS
from steepest.tables.frames.lazy import open_lazy
from steepest.tables.from_arrays import ArrayTable
from steepest.tables.table import Table

X, Y = [[1.0], [2.0], [3.0]], [2.0, 4.1, 6.0]
LONG = 10**18
DAYS = r"1000000000000000000 epochs are walked one by one, and would take about 1.2e\+08 days"


def wide_csv(path: Path, columns: int) -> Path:
    """A table of two rows, `columns` features and the target y."""
    names = ",".join(f"x{i}" for i in range(columns))
    rows = [",".join(str((i * k) % 7) for i in range(columns)) for k in (3, 5)]
    path.write_text(f"{names},y\n{rows[0]},1\n{rows[1]},2\n")
    return path


def wide_array(columns: int) -> tuple[Any, list[float]]:
    return np.random.default_rng(0).normal(size=(3, columns)), Y


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """No block of an array is read."""

    def blocks(self: Table, names: object, rows: int) -> object:
        raise AssertionError("a block was read")

    monkeypatch.setattr(ArrayTable, "blocks", blocks)


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    ("columns", "options"), [(20_000, {"dependent": "minimum_norm"}), (200_000, {})]
)
def test_products_of_too_many_columns_are_refused_before_rows_are_read(
    columns: int, options: dict[str, Any]
) -> None:
    said = rf"{columns + 1:,} columns need about .* hours .*; use at most 4,000"
    with pytest.raises(InputError, match=said):
        steepest.fit(*wide_array(columns), **options)


def test_parquet_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({f"x{i}": [1.0, 2.0] for i in range(10_000)} | {"y": [1.0, 2.0]})
    frame.write_parquet(tmp_path / "wide.parquet")
    with pytest.raises(InputError, match=r"10,001 columns need about 42 minutes"):
        steepest.fit(tmp_path / "wide.parquet", "y")


def test_a_lazy_frame_of_too_many_columns_is_refused() -> None:
    frame = pl.LazyFrame({f"x{i}": [1.0, 2.0] for i in range(2001)} | {"y": [1.0, 2.0]})
    with pytest.raises(InputError, match="2,001 features need 2,005,003 sums of products"):
        steepest.fit(open_lazy(frame), "y", ridge=1.0)


def test_other_losses_fit_many_columns() -> None:
    found = steepest.fit(*wide_array(20_000), loss="huber", epochs=2)
    assert len(found.coefficients) == 20_000


def test_the_columns_of_a_wide_csv_have_their_types(tmp_path: Path) -> None:
    file = wide_csv(tmp_path / "wide.csv", 5000)
    lines = file.read_text().splitlines()
    fields = [line.split(",") for line in lines]
    fields[1][4500], fields[2][4500] = "red", "blue"
    fields[1][4501], fields[2][4501] = "true", "false"
    file.write_text("\n".join(",".join(line) for line in fields) + "\n")
    columns = steepest.tables.open_table.open_rows(file, "y")[0].columns
    odd = {column.name: column.kind for column in columns if column.kind != "number"}
    assert odd == {"x4500": "text", "x4501": "boolean"}


def test_a_csv_that_is_too_wide_for_the_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 25,002 columns, and text files are read up to"):
        steepest.fit(wide_csv(tmp_path / "wide.csv", MOST_COLUMNS + 1), "y", loss="huber")


def test_json_lines_of_too_many_keys_are_refused_by_the_first(tmp_path: Path) -> None:
    keys = ", ".join(f'"x{i}": {i}' for i in range(MOST_COLUMNS + 1))
    (tmp_path / "wide.jsonl").write_text(f"{{{keys}}}\nnever read\n")
    with pytest.raises(InputError, match="has 25,001 columns, and text files are read up to"):
        steepest.fit(tmp_path / "wide.jsonl", "x1")


@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_a_report_shows_the_largest_coefficients(loss: str, tmp_path: Path) -> None:
    features = np.random.default_rng(1).normal(size=(30, 205))
    found = steepest.fit(features, features[:, 7] * 3.0, loss=loss, ridge=0.1, epochs=3)
    found.report(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    assert "The 200 largest of 205 are shown" in html
    order = sorted(found.coefficients, key=lambda name: -abs(found.coefficients[name]))
    shown = html[html.index("<h2>Coefficients</h2>") :]
    shown = shown[: shown.index("</table>")]
    assert shown.count("<tr") == 1 + 200 + 1
    assert f">{order[0]}<" in shown
    assert f">{order[199]}<" in shown
    assert f">{order[200]}<" not in shown


def test_a_report_of_thousands_of_columns(tmp_path: Path) -> None:
    found = steepest.fit(*wide_array(2100), loss="huber", epochs=2)
    found.save(tmp_path / "m.steepest")
    for fit in (found, steepest.load(tmp_path / "m.steepest")):
        fit.report(tmp_path / "report.html")
        html = (tmp_path / "report.html").read_text()
        assert "The 200 largest of 2,100 are shown" in html
    coefficients = found.to_dict()["coefficients"]
    assert isinstance(coefficients, dict)
    assert len(coefficients) == 2100


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "options",
    [
        {"loss": "huber"},
        {"loss": "absolute"},
        {"batch_size": 1},
        {"l1": 0.1},
        {"optimizer": "adam", "lr": 0.1},
        {"lr": "step:0.1,step_size=9"},
        {"loss": "huber", "tolerance": 1e-6},
    ],
)
def test_epochs_that_are_walked_have_a_limit(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=DAYS):
        steepest.fit(X, Y, epochs=LONG, **options)


def test_the_limit_of_epochs_holds_wherever_they_are_asked_for() -> None:
    calls: list[Callable[[], object]] = [
        lambda: steepest.minimize("x^2", start=1, epochs=LONG),
        lambda: steepest.study("x^2", start=1, lr=[0.1, 0.2], epochs=LONG),
        lambda: steepest.compare(X, Y, epochs=LONG),
        lambda: GradientDescentRegressor(max_iter=LONG).fit(X, Y),
        lambda: steepest.fit(
            pl.LazyFrame({"x": [1.0, 2.0, 3.0], "y": Y}), "y", loss="huber", epochs=LONG
        ),
    ]
    for call in calls:
        with pytest.raises(InputError, match=DAYS):
            call()


def test_a_time_limit_lifts_the_limit_of_epochs() -> None:
    found = steepest.fit(X, Y, loss="huber", epochs=LONG, stopping=Stopping(time_limit=1e-9))
    assert found.verdict is not None


def test_the_closed_form_has_no_such_limit() -> None:
    assert steepest.fit(X, Y, epochs=LONG).epochs == LONG


@pytest.mark.parametrize(
    "option",
    ["--epochs", "--batch-size", "--folds", "--patience", "--seed", "--time-limit", "--validation"],
)
def test_numbers_of_400_digits_are_refused_in_one_line(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n2,4.1\n3,6\n")
    arguments = ["fit", str(tmp_path / "d.csv"), "--target", "y", option, "1" * 400]
    monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "itself failed" not in said
    assert said.strip().splitlines()[-1].startswith(("steepest: ", "Error: "))


def test_a_query_of_thousands_of_nested_selects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n2,4.1\n3,6\n")
    query = f"select * from '{tmp_path / 'd.csv'}'"
    few = query
    for _ in range(30):
        few = f"select * from ({few})"
    assert steepest.fit(few, "y").coefficients["x"] == pytest.approx(2.0)
    for _ in range(4000):
        query = f"select * from ({query})"
    with pytest.raises(InputError, match="nested too deeply; write its innermost rows to a file"):
        steepest.fit(query, "y")
