"""The checksums of a Parquet file's pages. DuckDB does not look at them; Arrow's reader does."""

import re
from pathlib import Path

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine
from steepest.tables.files.file_table import escaped
from steepest.tables.files.remote_file import FilePath

# A page begins with its header, in Thrift's compact protocol: type, size, packed size, and as the
# fourth field its checksum, which most writers leave out. 0x15 begins the next field, an i32.
_CHECKSUM = re.compile(rb"(?:\x15[\x80-\xff]*[\x00-\x7f]){3}\x15", re.DOTALL)
_HEADER_BYTES = 32
_ROWS, _BUFFER = 1 << 16, 1 << 16


def check_pages(path: FilePath, engine: Engine) -> None:
    """Read every page that has a checksum and compare it; nothing where pages have none.

    Raises InputError for the first that is wrong, and EngineError where the file has no metadata.
    """
    if not _has_checksums(path, engine):
        return
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(
            path if isinstance(path, Path) else path.open(),
            page_checksum_verification=True,
            pre_buffer=False,
            buffer_size=_BUFFER,
        ) as file:
            for _ in file.iter_batches(_ROWS):
                pass
    except NotImplementedError:  # of a type that Arrow cannot read, DuckDB may
        return
    except (OSError, ValueError) as problem:
        reason = str(problem).strip().splitlines()[-1][:120]
        raise InputError(
            "{path} is damaged: a page does not match its checksum ({reason}); copy it again",
            path=path,
            reason=reason,
        ) from problem


def _has_checksums(path: FilePath, engine: Engine) -> bool:
    """Whether the first page of some column has one."""
    places = engine.ask(
        "SELECT DISTINCT CASE WHEN dictionary_page_offset > 0 THEN dictionary_page_offset "
        "ELSE data_page_offset END FROM parquet_metadata(?) WHERE row_group_id = 0",
        [str(escaped(path))],
    )
    with path.open("rb") as file:
        for (place,) in places:
            file.seek(place)
            if _CHECKSUM.match(file.read(_HEADER_BYTES)):
                return True
    return False
