"""Arguments of Python that a sentence proposes, as options of the command line."""

import csv
import io
import re
import shlex
from ast import literal_eval
from collections.abc import Collection

# An argument with its value, as Python's; not within a text such as "cosine:0.1,epochs=100".
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES = rf"\[(?:(?:{_TEXT})(?:, )?)*\]"
_ARGUMENT = re.compile(rf"(?<![\w':,(])([a-z_]+)=({_TEXT}|{_NAMES}|True|[0-9][0-9.e+-]*)(, )?")
# An argument that a message begins with, or that is to be given, set or left out; one of several
# words anywhere but between quotes.
_NAME = re.compile(
    r"^[a-z_0-9]+(?=\s(?:is|are|auto|must|holds?|has|names?|belongs?)\b)"
    r"|(?:(?<=\bgive\s)|(?<=\bset\s))[a-z_0-9]+(?=\s(?:to|a\snumber)\b)"
    r"|(?<=\bleave\s)[a-z_0-9]+(?=\sout\b)"
    r"|(?<=\bwith\s)[a-z_0-9]+(?=\sset\sto\b)"
    r"|(?<![\w'\"-])[a-z]+(?:_[a-z]+)+(?![\w'\"=(])"
)


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


def error_as_options(message: str, known: Collection[str | None]) -> str:
    """The message of an error, whose other arguments are written as options too. (In notes the same
    words may be columns.)

    >>> error_as_options("average is of mini-batches; give a batch_size too, or leave average out",
    ...                  ["average", "batch_size"])
    '--average is of mini-batches; give a --batch-size too, or leave --average out'
    """

    def option(found: re.Match[str]) -> str:
        return f"--{found[0].replace('_', '-')}" if found[0] in known else found[0]

    return _NAME.sub(option, as_options(message, known))


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
