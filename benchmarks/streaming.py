"""Rows a second from a Parquet file larger than it need fit in memory, against the same blocks fed
to scikit-learn's SGDRegressor.partial_fit, and Vowpal Wabbit where it is installed.

steepest reads, descends and sums up the objective of the epoch before; the others descend alone.
Both get their blocks from the same reader, which is timed alone too. Vowpal Wabbit reads files of
its own: the first rows as text, and as the binary cache that it makes of the text for later passes,
one pass with its default rates; start and end of its workspace are within its time, the writing of
its files is not. The objective is that of all rows.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import best_of, linear_rows, options, peak_memory, report, verdict
from sklearn.linear_model import SGDRegressor

from steepest.descent.minibatch_epochs import settings_for
from steepest.descent.optimizers import SGD
from steepest.descent.plan import Plan
from steepest.descent.schedules import InverseTime
from steepest.descent.streaming import Place, walk
from steepest.losses import Squared
from steepest.penalties.penalties import L2
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import RowStream
from steepest.tables.blocks import Block
from steepest.tables.column_encoding import Encoding
from steepest.tables.open_table import open_rows
from steepest.tables.table import Table

BLOCK_ROWS = 61_440
GROUP_ROWS = 1 << 17
WABBIT_ROWS = 200_000
SCHEDULE = InverseTime(3e-3, decay=1e-4)


class FileRows(RowStream):
    """The rows of a Parquet file."""

    def __init__(self, file: Path) -> None:
        table, target, _ = open_rows(file, "y")
        assert isinstance(table, Table)
        self.table, self.rows = table, table.count
        self.encoding = Encoding.learn(table, target)
        self.columns = len(self.encoding.names)

    def blocks(self) -> Iterator[Block]:
        """Blocks of the size that a fit reads."""
        return self.encoding.blocks(self.table, BLOCK_ROWS)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the file")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--batch", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        rows = write_rows(file, chosen.gigabytes, chosen.columns)
        size = file.stat().st_size / 1e9
        table = compared(FileRows(file), rows, chosen.batch, chosen.rounds)
    shape = f"{rows} x {chosen.columns} float32"
    facts = {"shape": shape, "GB": size, "peak memory, GB": peak_memory() / 1e9}
    report("streaming", table, as_json=chosen.json, **facts)


def write_rows(file: Path, gigabytes: float, columns: int) -> int:
    """Write a file of about that size, group by group; how many rows it has."""
    groups = max(1, round(gigabytes * 1e9 / (4 * (columns + 1) * GROUP_ROWS)))
    names = [*(f"x{j}" for j in range(columns)), "y"]
    schema = pa.schema([(name, pa.float32()) for name in names])
    # Numbers that are random do not become smaller.
    with pq.ParquetWriter(file, schema, compression="none", use_dictionary=False) as writer:
        for _ in range(groups):
            features, target = linear_rows(GROUP_ROWS, columns)
            arrays = [*features.T, target]
            writer.write_table(pa.table([pa.array(a) for a in arrays], schema=schema))
    return groups * GROUP_ROWS


def compared(stream: FileRows, rows: int, batch: int, rounds: int) -> list[dict[str, object]]:
    """A row for every side."""
    begin = time.perf_counter()
    problem = StreamedProblem.of(stream, loss=Squared(), standardize=False)
    first_pass = time.perf_counter() - begin
    plan = Plan(Squared(), L2(0.0), False, SGD(), SCHEDULE, batch, 1, None, True, False)
    settings = settings_for(problem, problem.rows, plan, SCHEDULE, 0)

    def ours() -> np.ndarray:
        place = Place.start(np.zeros(stream.columns + 1), settings)
        for place in walk(problem, settings, place, epochs=1):  # noqa: B020 (the last one counts)
            if place.point.epoch == 1:
                break
        return place.point.parameters

    def theirs() -> np.ndarray:
        model = SGDRegressor(penalty=None)
        for block in stream.blocks():
            model.partial_fit(block.features, block.target)
        return np.append(model.coef_, model.intercept_)

    def reading() -> None:
        for block in stream.blocks():
            assert len(block.features)

    ways: dict[str, Callable[[], object]] = {
        "steepest": ours, "SGDRegressor.partial_fit": theirs, "reading alone": reading,
    }  # fmt: skip
    best = best_of(rounds, ways)
    ratio = best["SGDRegressor.partial_fit"] / best["steepest"]
    table: list[dict[str, object]] = []
    for name, seconds in best.items():
        row = {"way": name, "seconds": seconds, "million rows a second": rows / seconds / 1e6}
        if name == "steepest":
            row["objective"] = problem.objective(ours())
        elif name != "reading alone":
            row["objective"] = problem.objective(theirs())
            row |= {"steepest, times faster": ratio, "target": verdict(ratio, 10.0)}
        table.append(row)
    table.append({"way": "steepest's first pass, once", "seconds": first_pass,
                  "million rows a second": rows / first_pass / 1e6})  # fmt: skip
    return table + wabbit(stream, problem, best["steepest"] / rows, rounds)


def wabbit(
    stream: FileRows, problem: StreamedProblem, ours: float, rounds: int
) -> list[dict[str, object]]:
    """Rows for Vowpal Wabbit, where it is installed; `ours`: seconds a row."""
    try:
        from vowpalwabbit import Workspace
    except ImportError:
        return [{"way": "Vowpal Wabbit", "target": "not installed"}]
    with tempfile.TemporaryDirectory() as folder:
        text, cache = Path(folder) / "rows.vw", Path(folder) / "rows.cache"
        rows = write_text(stream, text)
        said = f"--quiet --no_stdin --loss_function squared --passes 1 -d {text}"
        Workspace(f"{said} --cache_file {cache}").finish()

        def learned(options: str) -> np.ndarray:
            model = Workspace(options)  # reads the file and learns it, all in compiled code
            slopes = [model.get_weight_from_name(name) for name in stream.encoding.names]
            end = np.array([*slopes, model.predict("|")])
            model.finish()
            return end

        ways = {"text": said, "its cache": f"{said} --cache_file {cache}"}
        best = best_of(rounds, {name: partial(learned, ways[name]) for name in ways})
        objective = problem.objective(learned(said))
    return [
        {"way": f"Vowpal Wabbit, {name}, {rows} rows", "seconds": seconds,
         "million rows a second": rows / seconds / 1e6, "objective": objective,
         "steepest, times faster": seconds / rows / ours}
        for name, seconds in best.items()
    ]  # fmt: skip


def write_text(stream: FileRows, file: Path) -> int:
    """Write the first rows as Vowpal Wabbit reads them, every digit of float32; how many."""
    count = 0
    with file.open("w") as out:
        for block in stream.blocks():
            pairs = zip(block.features.tolist(), block.target.tolist(), strict=True)
            for x, y in islice(pairs, WABBIT_ROWS - count):
                numbers = zip(stream.encoding.names, x, strict=True)
                out.write(f"{y:.9g} | {' '.join(f'{name}:{v:.9g}' for name, v in numbers)}\n")
                count += 1
            if count >= WABBIT_ROWS:
                break
    return count


if __name__ == "__main__":
    main()
