"""Flipped bits in Parquet pages that carry checksums are found before any row is used."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steepest.errors import InputError
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

FLIPS = 8


def write(path: Path, *, checksums: bool = True, **options: object) -> bytes:
    numbers = np.random.default_rng(4).standard_normal((3, 4000))
    words = [f"k{at % 7}" for at in range(4000)]
    table = pa.table({"x": numbers[0], "y": numbers[1], "z": numbers[2].round(1), "c": words})
    options = {"row_group_size": 1500, "data_page_size": 4000, **options}
    pq.write_table(table, path, write_page_checksum=checksums, **options)
    return path.read_bytes()


def arrow_refuses(path: Path) -> bool:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            file.read()
    except (OSError, ValueError):
        return True
    return False


def refused(source: str) -> bool:
    try:
        table = open_table(source)
        assert isinstance(table, Table)
        list(table.blocks([column.name for column in table.columns], 1000))
    except InputError as error:
        assert "\n" not in str(error)
        return True
    return False


@pytest.mark.parametrize(
    ("compression", "version", "way"),
    [
        ("none", "1.0", "file"),
        ("gzip", "1.0", "file"),
        ("snappy", "2.0", "file"),
        ("zstd", "2.0", "glob"),
        ("none", "2.0", "query"),
        ("gzip", "1.0", "function"),
    ],
)
def test_whatever_arrow_finds_is_refused(
    tmp_path: Path, compression: str, version: str, way: str
) -> None:
    path = tmp_path / "a.parquet"
    whole = write(path, compression=compression, data_page_version=version)
    source = {
        "file": str(path),
        "glob": f"{tmp_path}/*.parquet",
        "query": f"select * from '{path}'",
        "function": f"select * from read_parquet(['{path}'])",
    }[way]
    assert not refused(source)
    chance = random.Random(11)
    found = 0
    for _ in range(FLIPS):
        content = bytearray(whole)
        at = chance.randrange(8 * len(content))
        content[at // 8] ^= 1 << at % 8
        path.write_bytes(content)
        by_arrow = arrow_refuses(path)
        found += by_arrow
        assert refused(source) or not by_arrow
    assert found > FLIPS / 2


def test_the_file_is_named(tmp_path: Path) -> None:
    whole = bytearray(write(tmp_path / "b.parquet", compression="none"))
    write(tmp_path / "a.parquet")
    whole[2000] ^= 1
    (tmp_path / "b.parquet").write_bytes(whole)
    with pytest.raises(InputError) as caught:
        open_table(f"{tmp_path}/*.parquet")
    said = str(caught.value)
    start = f"{tmp_path / 'b.parquet'} is damaged: a page does not match its checksum ("
    assert said.startswith(start) and said.endswith("); copy it again")


def test_pages_without_checksums_are_read_once_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    one = pq.ParquetFile

    def counted(path: object, **options: object) -> pq.ParquetFile:
        opened.append(path)
        return one(path, **options)

    monkeypatch.setattr(pq, "ParquetFile", counted)
    write(tmp_path / "a.parquet", checksums=False)
    assert not refused(str(tmp_path / "a.parquet")) and opened == []
    write(tmp_path / "b.parquet")
    table = open_table(tmp_path / "b.parquet")
    assert isinstance(table, Table)
    for _ in range(3):
        list(table.blocks(["x"], 1000))
    assert opened == [tmp_path / "b.parquet"]
