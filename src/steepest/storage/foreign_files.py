"""Files of other programs, by their first bytes."""

import re
from typing import NamedTuple

from steepest.translation import gathered, say, translated


class Foreign(NamedTuple):
    """What a file looks like, and, as a table, what it is and what to do: "" where there is no more
    to say, None where rows of it are read.
    """

    like: str
    table: str | None

    @property
    def no_table(self) -> str:
        """Why it is not read, and what to do."""
        if self.table == "":
            return say("{what}, not a table of rows", what=translated(self.like))
        return translated(self.table or "")


def _without_rows(name: str) -> Foreign:
    return Foreign(name, "")


_PICKLE = gathered("a pickle, and pickles are never opened because opening one can run code")
_ARCHIVE = gathered("a zip archive (as torch.save writes), and pickles in it are never opened")
# By a regular expression of the first eight bytes; the first that fits.
_KINDS = gathered(
    {
        rb"PAR1": Foreign("a Parquet file", None),
        rb"PK[\x03\x05]": Foreign(
            _ARCHIVE, "an Excel workbook or zip archive; export the sheet as CSV"
        ),
        rb"\xd0\xcf\x11\xe0": Foreign(
            "an old Excel workbook", "an old Excel workbook; export the sheet as CSV"
        ),
        rb"SQLite f": Foreign("an SQLite file", "an SQLite database; export the table as CSV"),
        rb"\x89HDF": Foreign("an HDF5 file", "an HDF5 file; export the table as CSV or Parquet"),
        rb"\x93NUMPY": Foreign(
            "a NumPy file", "a NumPy file; load it with numpy.load and hand over the array"
        ),
        rb"ARROW1": Foreign("an Arrow file", "an Arrow file; write it as Parquet"),
        rb"\x28\xb5\x2f\xfd": Foreign("a zstd file", "compressed with zstd; unpack it first"),
        rb"BZh\d": Foreign("a bzip2 file", "compressed with bzip2; unpack it first"),
        rb"\xfd7zXZ": Foreign("an xz file", "compressed with xz; unpack it first"),
        rb"\x1f\x8b": Foreign("a gzip file", None),
        rb"\x80[\x02-\x05]": Foreign(_PICKLE, _PICKLE),
        rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF|II\*\0|MM\0\*|BM.{4}\0\0|(?i:<svg)": _without_rows(
            "a picture"
        ),
        rb"%PDF-": _without_rows("a PDF document"),
        rb"(?i:<!doctyp|<html)": _without_rows("a web page, such as a report"),
        rb"<\?xml": _without_rows("an XML file, such as a picture in SVG"),
        rb'\{\s*"cell': _without_rows("a notebook"),
        rb"\{": Foreign("a JSON text", None),
    }
)


def foreign_file(start: bytes) -> Foreign | None:
    """The kind of a file that begins so; None for text, and for what is not known.

    >>> foreign_file(b"%PDF-1.7"), foreign_file(b"x,y\\n1,2\\n")
    (Foreign(like='a PDF document', table=''), None)
    """
    found = (kind for mark, kind in _KINDS.items() if re.match(mark, start, re.DOTALL))
    return next(found, None)
