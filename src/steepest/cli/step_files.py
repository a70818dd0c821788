"""The steps of one run or of several, as a table in CSV or JSON."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from steepest.cli.runs import Runs
from steepest.results.study import Study
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited, harmless


def write_steps(result: Runs, file: str) -> None:
    """A row for each recorded step; of several runs under each other, the column `run` before."""
    as_json = Path(file).suffix.lower() == ".json"
    if not isinstance(result, Study):
        (result.to_json if as_json else result.to_csv)(file)
        return
    lines = _json_lines(result) if as_json else _csv_lines(result)
    write_bytes(file, (line.encode("utf-8", errors="backslashreplace") for line in lines))


def _csv_lines(study: Study) -> Iterator[str]:
    """Optimizers remember different things: what one has no column for stays empty."""
    names = list(dict.fromkeys(name for path in study for name in path.table([0]).names))
    yield delimited([["run", *map(harmless, names)]])
    for label, row in _rows(study):
        yield delimited([[label, *(_cell(row.get(name)) for name in names)]])


def _json_lines(study: Study) -> Iterator[str]:
    before = "[\n"
    for label, row in _rows(study):
        plain = {name: value if math.isfinite(value) else None for name, value in row.items()}
        yield before + json.dumps({"run": label, **plain}, ensure_ascii=False, allow_nan=False)
        before = ",\n"
    yield "\n]\n"


def _rows(study: Study) -> Iterator[tuple[str, dict[str, float]]]:
    for label, path in study.items():
        table = path.table()
        columns = [table[name].tolist() for name in table.names]
        for row in zip(*columns, strict=True):
            yield label, dict(zip(table.names, row, strict=True))


def _cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else repr(value)
