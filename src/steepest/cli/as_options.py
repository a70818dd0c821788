"""Arguments of Python that a sentence proposes, as options of the command line."""

import csv
import io
import re
import shlex
from ast import literal_eval
from collections.abc import Collection

# An argument with its value, as Python's.
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES = rf"\[(?:(?:{_TEXT})(?:, )?)*\]"
_ARGUMENT = re.compile(rf"(?<![\w'])([a-z_]+)=({_TEXT}|{_NAMES}|True|[0-9][0-9.e+-]*)(, )?")


def as_options(message: str, known: Collection[str | None]) -> str:
    """The message with the arguments that it proposes as options, where these are `known`.

    >>> as_options("read it with thousands='.', decimal=',', or with percent=True",
    ...            ["thousands", "decimal", "percent"])
    "read it with --thousands '.' --decimal ',', or with --percent"
    >>> as_options("dates=['year', 'elapsed'], ridge='path' or l1=0.1", ["dates", "ridge"])
    '--dates year,elapsed --ridge path or l1=0.1'
    """

    def option(found: re.Match[str]) -> str:
        name, value, comma = found[1], found[2], found[3] or ""
        if name not in known:
            return found[0]
        typed = "" if value == "True" else f" {_typed(value)}"
        if comma and _ARGUMENT.match(message, found.end()):
            comma = " "
        return f"--{name.replace('_', '-')}{typed}{comma}"

    return _ARGUMENT.sub(option, message)


def _typed(value: str) -> str:
    """A value as it is typed in a shell: names between commas, those with a comma in quotes."""
    plain = literal_eval(value) if value[0] in "'\"[" else value
    if isinstance(plain, list):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(plain)
        plain = line.getvalue()
    quoted = shlex.quote(plain)
    marks = quoted == plain and not any(map(str.isalnum, plain))
    return f"'{plain}'" if marks else quoted  # a comma alone would be taken for the sentence's
