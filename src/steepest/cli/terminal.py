"""The door of the command line: all that is printed goes through it, and can steer no terminal."""

import codecs
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, final

from steepest.errors import OutputError, cause, printable

_LAYOUT = "\n\t"  # control characters that texts of ours are laid out with
_NOT_ASCII = re.compile(r"[^\n -~]")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_POWER = re.compile(f"[{_RAISED}]+")
_DIGITS = str.maketrans(_RAISED, "0123456789-")
# What our own texts hold, in letters that every encoding has.
_INSTEAD = str.maketrans({
    "→": "->", "×": "x", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "…": "...", "±": "+-",
    "≤": "<=", "≥": ">=", "≠": "!=", "√": "sqrt", "∂": "d", "∫": "integral ", "ˣ": "^x",
    "λ": "lambda", "π": "pi", "σ": "sigma", "Σ": "sum", "ℓ": "l",
    **{chr(0x2080 + digit): str(digit) for digit in range(10)},
})  # fmt: skip


@contextmanager
def doors() -> Iterator[None]:
    """Meanwhile, whatever is printed goes through a `Door`: texts of click and of Python too."""
    _keep_off_closed_streams()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Door(before[0], needed=True), Door(before[1], needed=False)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


@final
class Door(io.TextIOBase):
    r"""A stream of text that shows control characters instead of obeying them.

    What the encoding has no letters for is written in others. Where nobody reads any more, the
    rest is dropped. Where what is printed is `needed` and cannot be written, that is an
    OutputError, once; else it is dropped too.

    >>> door = Door(io.TextIOWrapper(io.BytesIO(), "cp1252"), needed=True)
    >>> _ = door.write("R² 1 → 2: \x1b[31m中\n")
    >>> door.flush(), door.stream.buffer.getvalue().decode("cp1252")
    (None, 'R² 1 -> 2: \\x1b[31m\\u4e2d\n')
    """

    def __init__(self, stream: TextIO | None, *, needed: bool) -> None:
        self.stream, self.needed = stream, needed
        self.is_open = True

    def write(self, text: str) -> int:
        self._write(encodable(printable(text, _LAYOUT), self.encoding))
        return len(text)

    def write_data(self, text: str) -> None:
        """Write the text as it is: in UTF-8, as it would be in a file."""
        buffer = getattr(self.stream, "buffer", None)
        if buffer is None:
            self._write(text)
            return
        with self._faults():
            self.stream.flush()  # type: ignore[union-attr]  # None has no buffer
            buffer.write(text.encode("utf-8", errors="backslashreplace"))

    def flush(self) -> None:
        if self.stream is not None and self.is_open:
            with self._faults():
                self.stream.flush()

    def isatty(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def fileno(self) -> int:
        if self.stream is None:
            raise io.UnsupportedOperation("fileno")
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        return getattr(self.stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]  # an attribute there
        return "strict"

    def _write(self, text: str) -> None:
        if text and self.is_open:
            with self._faults():
                if self.stream is None:
                    raise OSError("it is closed")
                self.stream.write(text)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.is_open = False
            _discard(self.stream)
            if self.needed and not isinstance(error, BrokenPipeError):
                raise OutputError(
                    "standard output cannot be written: {why}", why=cause(error)
                ) from None


def pass_on(pieces: Iterable[str]) -> None:
    """Write data to standard output, exactly; on a terminal as any text. Nobody reads: it ends."""
    door = _door()
    write = door.write if door.isatty() else door.write_data
    for piece in pieces:
        write(piece)
        if not door.is_open:
            return


def print_json(data: object) -> None:
    """Print plain data as JSON: what a terminal may not see, or the encoding has not, is escaped.

    >>> print_json({"a\x9b": "\\u202e→\\U000e0041"})
    {
      "a\\u009b": "\\u202e→\\udb40\\udc41"
    }
    """
    door = _door()
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    print(_NOT_ASCII.sub(lambda found: _json_letter(found[0], door.encoding), text), file=door)


def behind_the_door() -> TextIO | None:
    """Standard error for a bar, which moves the cursor; None where it is closed."""
    error = sys.stderr
    return error.stream if isinstance(error, Door) else error


def encodable(text: str, encoding: str) -> str:
    """The text in letters that the encoding has.

    >>> encodable("x⁻¹ ≤ 2 · λ…, 中", "ascii")
    'x^-1 <= 2 * lambda..., \\\\u4e2d'
    """
    return text if text.isascii() else text.encode(encoding, _HANDLER).decode(encoding)


def _in_other_letters(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    powers = _POWER.sub(lambda found: f"^{found[0].translate(_DIGITS)}", missing)
    return powers.translate(_INSTEAD).encode("ascii", "backslashreplace").decode(), error.end


_HANDLER = "steepest.letters"
codecs.register_error(_HANDLER, _in_other_letters)


def _json_letter(letter: str, encoding: str) -> str:
    if printable(letter) == letter:
        with suppress(UnicodeEncodeError):
            letter.encode(encoding)
            return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return re.sub("(....)", r"\\u\1", units)


def _door() -> Door:
    return sys.stdout if isinstance(sys.stdout, Door) else Door(sys.stdout, needed=True)


def _keep_off_closed_streams() -> None:
    """No file that is opened may take the place of a closed stream: libraries print there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _discard(stream: Any) -> None:
    """What is left in the stream goes nowhere: Python would try again at its end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
