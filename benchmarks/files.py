"""Fits of a CSV and a Parquet file against DuckDB's own time to read the same columns.

DuckDB reads them twice over: once handing every value out, as Arrow batches that are thrown away,
which is what a reader must do for anyone else; and once summing every column within itself, where
nothing leaves it.

Of the Parquet file also a logistic fit, whether y is above its middle: each look at the rows may
take one and a half times what DuckDB takes to hand them out.

The files are written by DuckDB into a temporary folder, removed afterwards. Each run is a process
of its own, which times itself after its imports and tells the most memory it held. A file of a
quarter of the size shows whether memory grows with the file.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import options, peak_memory, report, verdict

COLUMNS = 10
NAMES = [f"x{i}" for i in range(1, COLUMNS)]
BYTES_A_ROW = {"csv": 100.0, "parquet": 80.0}
FORMATS = {"csv": "format csv, header", "parquet": "format parquet, compression uncompressed"}


def main() -> None:
    """Measure and print; as a child process, run one side and tell its numbers."""
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], sys.argv[3])
        return
    parser = options(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of each file")
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--folder", help="where to make the temporary folder")
    chosen = parser.parse_args()
    rows = []
    for kind in chosen.formats:
        for gigabytes in (chosen.gigabytes / 4, chosen.gigabytes):
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                path = Path(folder) / f"rows.{kind}"
                in_child("write", f"{path}:{gigabytes}")
                rows.append(compare(path, chosen.rounds))
    report("files", rows, as_json=chosen.json, columns=COLUMNS)


def compare(path: Path, rounds: int) -> dict[str, object]:
    """All sides in turns, after one turn that brings the file into the system's cache."""
    sides = ["hand", "sum", "fit", *(["logistic"] if path.suffix == ".parquet" else [])]
    runs = [[in_child(side, str(path)) for side in sides] for _ in range(rounds + 1)]
    handed, summed, ours, *logistic = (
        min(run[i]["seconds"] for run in runs[1:]) for i in range(len(sides))
    )
    peak = max(run[2]["peak"] for run in runs) / 1e6
    of_classes: dict[str, object] = {}
    for seconds in logistic:
        looks = runs[0][3]["looks"]
        share = seconds / handed / looks
        of_classes = {
            "logistic s": seconds,
            "looks": looks,
            "look / hands out": share,
            "look target": verdict(share, 1.5, at_least=False),
        }
    return {
        "file": path.name,
        "GB": path.stat().st_size / 1e9,
        "DuckDB hands out s": handed,
        "DuckDB sums s": summed,
        "fit s": ours,
        "fit / hands out": ours / handed,
        "target": verdict(ours / handed, 1.5, at_least=False),
        "fit / sums": ours / summed,
        "fit peak MB": peak,
        "peak target": verdict(peak, 500.0, at_least=False),
        **of_classes,
    }


def in_child(action: str, argument: str) -> dict[str, float]:
    """Seconds and peak memory of one action in a process of its own."""
    command = [sys.executable, __file__, "child", action, argument]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    numbers: dict[str, float] = json.loads(result.stdout)
    return numbers


def child(action: str, argument: str) -> None:
    """Do it, and print the numbers."""
    actions: dict[str, Callable[[str], float]] = {
        "write": write,
        "hand": hand_out,
        "sum": add_up,
        "fit": fit,
    }
    if action == "logistic":
        seconds, looks = logistic_fit(argument)
    else:
        seconds, looks = actions[action](argument), 1
    print(json.dumps({"seconds": seconds, "peak": peak_memory(), "looks": looks}))


def write(argument: str) -> float:
    """Write `path:gigabytes`: uniform features and a noisy linear target."""
    import duckdb

    path, gigabytes = argument.rsplit(":", 1)
    kind = Path(path).suffix[1:]
    rows = int(float(gigabytes) * 1e9 / BYTES_A_ROW[kind])
    draws = ", ".join(
        f"round(random() * {10 * i}, 7) as {name}" for i, name in enumerate(NAMES, start=1)
    )
    slopes = " + ".join(f"{i} * {name}" for i, name in enumerate(NAMES, start=1))
    start = time.perf_counter()
    duckdb.execute(
        f"copy (select *, round({slopes} + 300 * random(), 5) as y from "
        f"(select {draws} from range({rows}))) to '{path}' ({FORMATS[kind]})"
    )
    return time.perf_counter() - start


def hand_out(path: str) -> float:
    """DuckDB alone: every value of every column, in Arrow batches as large as a fit's blocks."""
    import duckdb
    import pyarrow  # noqa: F401  # outside the clock, as the fit's imports are

    from steepest.tables.files.duckdb_engine import BATCH_ROWS

    columns = ", ".join((*NAMES, "y"))
    start = time.perf_counter()
    for _ in duckdb.sql(f"select {columns} from '{path}'").to_arrow_reader(BATCH_ROWS):
        pass
    return time.perf_counter() - start


def add_up(path: str) -> float:
    """DuckDB alone: a sum of each column, so that every value is read and nothing leaves it."""
    import duckdb

    sums = ", ".join(f"sum({name})" for name in (*NAMES, "y"))
    start = time.perf_counter()
    duckdb.execute(f"select {sums} from '{path}'").fetchall()
    return time.perf_counter() - start


def fit(path: str) -> float:
    """The whole fit; like DuckDB's side, without the time that imports take."""
    import steepest
    import steepest.moments.block_products_kernel
    import steepest.tables.files.csv_file

    steepest.fit([1.0, 2.0, 3.0], [2.0, 3.0, 5.0])
    start = time.perf_counter()
    found = steepest.fit(path, target="y")
    seconds = time.perf_counter() - start
    assert abs(found.coefficients["x9"] - 9.0) < 0.1, found.coefficients
    return seconds


def logistic_fit(path: str) -> tuple[float, int]:
    """A fit of classes, likewise, and its looks at all rows: for the moments, for the step from a
    sample's minimum, and at the end of this step and of each further one.
    """
    import steepest
    import steepest.problems.second_order_kernel
    import steepest.tables.files.csv_file

    middle = sum(5 * i * i for i in range(1, COLUMNS)) + 150
    query = f"select * exclude (y), y > {middle} as above from '{path}'"
    start = time.perf_counter()
    found = steepest.fit(query, target="above", loss="logistic")
    seconds = time.perf_counter() - start
    assert found.verdict.kind == "converged", found.verdict
    return seconds, 2 + found.path.epochs


if __name__ == "__main__":
    main()
