"""In which encoding a text file is written, and a copy in UTF-8 where it is another one."""

import codecs
import gzip
import io
import os
import re
import shutil
import tempfile
import weakref
import zlib
from contextlib import suppress
from pathlib import Path
from typing import final

from steepest.errors import InputError, nearest
from steepest.rows.files.lines import open_bytes

SAMPLE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "gb18030", "big5",
    "shift_jis", "euc-jp", "euc-kr", "latin-1", "iso-8859-15", "cp1250", "cp1251", "cp1252",
    "koi8-r",
)  # fmt: skip
# Two bytes of the everyday part of GB18030: signs (A1-A9) and characters (B0-F7).
_EVERYDAY = re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_SHOWN = {"utf-8-sig": "UTF-8 with BOM", "gb18030": "GB18030 (GBK)"}
_PLAIN = ("utf-8", "utf-8-sig")


@final
class Copies:
    """Temporary files, removed with the object that holds this one, or when Python ends."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self.remove = weakref.finalize(self, _remove, self._paths)

    def new(self, suffix: str) -> Path:
        """An empty temporary file."""
        number, path = tempfile.mkstemp(prefix="steepest-", suffix=suffix)
        os.close(number)
        self._paths.append(path)
        return Path(path)


def unpacked(path: Path, shown: str, copies: Copies) -> Path:
    """A temporary copy of a gzip file's content, its checksum compared; other files as they are."""
    with open_bytes(path) as source:
        if not isinstance(source, gzip.GzipFile):
            return path
        copy = copies.new(path.name.removesuffix(".gz")[-40:])
        try:
            with copy.open("wb") as target:
                shutil.copyfileobj(source, target, SAMPLE)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            copies.remove()
            raise
        except OSError as problem:
            copies.remove()
            reason = problem.strerror or str(problem)
            raise InputError(f"{shown} could not be unpacked to {copy.parent}: {reason}") from (
                problem
            )
        except BaseException:
            copies.remove()
            raise
    return copy


def shown_encoding(encoding: str) -> str:
    """The encoding's name for a message."""
    return _SHOWN.get(encoding, encoding.upper())


def is_plain(encoding: str) -> bool:
    """Can DuckDB read it without a copy?"""
    return encoding in _PLAIN


def find_encoding(path: Path, shown: str, sample: bytes, given: str | None) -> str:
    """The name of the codec the file is written in: as given, by its mark, or by its bytes.

    Raises `InputError` with the first byte that is not UTF-8, where nothing fits.
    """
    if given is not None:
        return _known(given)
    mark = marked(sample)
    if mark is not None:
        return mark
    fault = _fault(sample, "utf-8")
    if fault is None and b"\0" not in sample:
        return "utf-8"
    if fault is not None and _looks_like_gb18030(sample):
        return "gb18030"
    at = sample.index(b"\0") if fault is None else fault
    raise _not_utf8(shown, at, sample[at])


def marked(sample: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning names."""
    return next((name for mark, name in _MARKS if sample.startswith(mark)), None)


def decoded(sample: bytes, encoding: str, shown: str) -> str:
    """The sample as text; its last character may have been cut, and is then left out."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(sample)
    except UnicodeDecodeError as problem:
        rest = problem.object[problem.start :]
        raise _undecodable(shown, encoding, problem.start, rest) from problem
    except UnicodeError as problem:
        raise _unreadable(shown, encoding, problem) from problem


def transcode(path: Path, encoding: str, shown: str, copies: Copies) -> Path:
    """A temporary copy of the file in UTF-8, written chunk by chunk, with one kind of line end."""
    copy = copies.new(path.name.removesuffix(".gz")[-40:])
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    done = 0
    try:
        with open_bytes(path) as source, copy.open("w", encoding="utf-8", newline="") as target:
            while chunk := source.read(SAMPLE):
                waiting = len(decoder.getstate()[0])
                target.write(lines.decode(_decode(decoder, chunk, shown, encoding, done - waiting)))
                done += len(chunk)
            waiting = len(decoder.getstate()[0])
            rest = _decode(decoder, b"", shown, encoding, done - waiting, final=True)
            target.write(lines.decode(rest, final=True))
    except gzip.BadGzipFile:
        copies.remove()
        raise
    except OSError as problem:
        copies.remove()
        reason = problem.strerror or str(problem)
        raise InputError(
            f"{shown}: no UTF-8 copy could be written in {copy.parent}: {reason}"
        ) from (problem)
    except BaseException:
        copies.remove()
        raise
    return copy


def first_bad_byte(path: Path, shown: str) -> InputError | None:
    """The error for the first byte of the whole file that is not UTF-8, if there is one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with open_bytes(path) as source:
        while True:
            chunk = source.read(SAMPLE)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as problem:
                at = problem.start
                return _not_utf8(shown, done - waiting + at, problem.object[at])
            if not chunk:
                return None
            done += len(chunk)


def _decode(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    shown: str,
    encoding: str,
    start: int,
    *,
    final: bool = False,
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as problem:
        at = start + problem.start
        raise _undecodable(shown, encoding, at, problem.object[problem.start :]) from problem
    except UnicodeError as problem:
        raise _unreadable(shown, encoding, problem) from problem


def _known(given: str) -> str:
    try:
        found = codecs.lookup(given).name
        "".encode(found)
    except (LookupError, TypeError, ValueError):
        hint = nearest(given.lower(), _KNOWN) or " Names are utf-8, gb18030, latin-1, cp1252, …"
        raise InputError(f"encoding {given!r} is not known.{hint}") from None
    return "gb18030" if found in ("gbk", "gb2312") else found


def _fault(sample: bytes, encoding: str) -> int | None:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError as problem:
        return problem.start
    return None


def _looks_like_gb18030(sample: bytes) -> bool:
    """Nearly any bytes decode, so most of those above ASCII must be pairs of its everyday part."""
    if b"\0" in sample or _fault(sample, "gb18030") is not None:
        return False
    high = len(_HIGH.findall(sample))
    return 2 * len(_EVERYDAY.findall(sample)) >= 0.9 * high


def _not_utf8(shown: str, at: int, byte: int) -> InputError:
    return InputError(
        f"{shown}: byte {at} (0x{byte:02X}) is not UTF-8 text; "
        "save it as UTF-8, or say its encoding, for instance latin-1, cp1252, gb18030 or utf-16-le"
    )


def _undecodable(shown: str, encoding: str, at: int, rest: bytes) -> InputError:
    byte = f" (0x{rest[0]:02X})" if rest else ""
    return InputError(
        f"{shown}: byte {at}{byte} cannot be read as {shown_encoding(encoding)}; "
        "the file is damaged, or its encoding is another one"
    )


def _unreadable(shown: str, encoding: str, problem: UnicodeError) -> InputError:
    advice = "say another encoding"
    if encoding in ("utf-16", "utf-32"):
        advice = f"it lacks a byte order mark: say {encoding}-le or {encoding}-be"
    reason = " ".join(str(problem).split())[:80]
    return InputError(f"{shown} cannot be read as {shown_encoding(encoding)} ({reason}); {advice}")


def _remove(paths: list[str]) -> None:
    for path in paths:
        with suppress(OSError):
            os.unlink(path)
    paths.clear()
