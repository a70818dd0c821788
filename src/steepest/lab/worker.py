"""A process that makes the runs of one page: a line of JSON in, a line out. It can be killed."""

import importlib
import sys

import msgspec

from steepest.lab.messages import (
    Answer,
    OpenTask,
    TableTask,
    answer_of,
    encode,
    read_request,
    sheet_in,
    table_in,
)


def main() -> None:
    """Answer every line of standard input on standard output, until it ends.

    The packages that arguments name are loaded first, which may take seconds. An empty line then
    says that questions can come.
    """
    for package in sys.argv[1:]:
        importlib.import_module(package)
    _say(b"")
    for line in sys.stdin.buffer:
        _say(_answer(line))


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _answer(line: bytes) -> bytes:
    if line.startswith(b'{"open"'):
        return sheet_in(msgspec.json.decode(line, type=OpenTask))
    if line.startswith(b'{"table"'):
        return table_in(msgspec.json.decode(line, type=TableTask))
    request = read_request(line)
    return encode(request if isinstance(request, Answer) else answer_of(request))


if __name__ == "__main__":
    main()
