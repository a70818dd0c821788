"""A learner's program, run in a process of its own: the values that its variables take.

Started as a program it runs a file and prints what it saw as JSON.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from types import FrameType, ModuleType
from typing import Any, final

from steepest.errors import InputError

_MOST = 20_000  # values of one variable
_MOST_ITEMS = 10_000  # numbers of a list


@final
@dataclass
class Traced:
    """What a program did.

    - `values`: the values of each variable that is a number, one after another, without repetition
    - `lists`: the lists and arrays of numbers that there were at its end
    - `printed`: the numbers of each line that it printed
    - `constants`: the numbers that stand in its text
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    lists: dict[str, list[float]] = field(default_factory=dict)
    printed: list[list[float]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)


def traced(file: str) -> Traced:
    """Run a program of the user's and note what its variables did.

    Raises InputError for one that cannot be read, or that an error ended.
    """
    try:
        with open(file, encoding="utf-8") as opened:
            tree = ast.parse(opened.read(), file)
    except OSError as error:
        raise InputError(f"{file}: {(error.strerror or str(error)).lower()}") from None
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise InputError(
            "{file}{line} is no Python program: {error}", file=file, line=line, error=error
        ) from None
    environment = os.environ | {"MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-m", "steepest.lessons.traced_program", file],
        capture_output=True, text=True, encoding="utf-8", env=environment, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise InputError(_failure(file, done.stderr))
    *printed, last = done.stdout.splitlines()
    return completed(Traced(**json.loads(last)), printed, tree)


def completed(seen: Traced, printed: Sequence[str], tree: ast.Module) -> Traced:
    """What was seen, with the numbers that were printed and that stand in the program."""
    lines = filter(None, map(_numbers, printed))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    numbers = [float(each) for each in constants if isinstance(each, float | int)]
    return replace(seen, printed=list(lines), constants=numbers)


def _failure(file: str, text: str) -> str:
    """The line of a traceback: the file, its last line that was reached, and the error."""
    places = re.findall(rf'File "{re.escape(file)}", line (\d+)', text)
    lines = [line for line in text.splitlines() if line.strip()]
    where = f", line {places[-1]}" if places else ""
    return f"{file}{where}: {lines[-1] if lines else 'it ended without a result'}"


def _numbers(line: str) -> list[float]:
    """The numbers of a printed line."""
    found = []
    for word in line.replace(",", " ").replace("=", " ").replace(":", " ").split():
        try:
            found.append(float(word.strip("[]()")))
        except ValueError:
            continue
    return found


@final
class _Recorder:
    """Looks at the variables of one file before each of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, list[float]] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != self.file:
            return None
        self.look(frame.f_locals)
        return self

    def look(self, names: dict[str, Any]) -> None:
        for name, value in list(names.items()):
            if name.startswith("_") or isinstance(value, type | ModuleType):
                continue
            for label, number in _scalars(name, value):
                seen = self.values.setdefault(label, [])
                if len(seen) < _MOST and (not seen or seen[-1] != number):
                    seen.append(number)


def _scalars(name: str, value: Any) -> list[tuple[str, float]]:
    """The number that a value is, or the parameters of a module that are numbers."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return [(name, float(value))]
    if hasattr(value, "named_parameters"):
        return [
            (f"{name}.{label}", float(each.detach()))
            for label, each in value.named_parameters()
            if each.numel() == 1
        ]
    if _size(value) == 1:
        try:
            return [(name, float(value.detach() if hasattr(value, "detach") else value.item()))]
        except (TypeError, ValueError, AttributeError):
            return []
    return []


def _size(value: Any) -> int | None:
    """How many numbers an array or a tensor holds."""
    if hasattr(value, "numel"):
        return int(value.numel())
    return int(value.size) if hasattr(value, "dtype") and hasattr(value, "size") else None


def _list(value: Any) -> list[float] | None:
    """The numbers of a list, array or tensor."""
    try:
        if hasattr(value, "detach"):
            value = value.detach()
        if hasattr(value, "reshape"):
            value = value.reshape(-1).tolist()
        if isinstance(value, list | tuple) and 2 <= len(value) <= _MOST_ITEMS:
            return [float(each) for each in value]
    except (TypeError, ValueError, RuntimeError):
        pass
    return None


def recorded(file: str) -> Traced:
    """Run a file in this process, and note what its variables did."""
    recorder = _Recorder(file)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": file}
    with open(file, encoding="utf-8") as opened:
        code = compile(opened.read(), file, "exec")
    before = sys.gettrace()
    sys.settrace(recorder)
    try:
        exec(code, names)
    finally:
        sys.settrace(before)
    recorder.look(names)
    lists = {name: numbers for name, each in names.items() if (numbers := _list(each)) is not None}
    return Traced(recorder.values, lists)


def main(file: str) -> None:
    """Run the file and print, in a last line of its own, what was seen."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
    seen = recorded(file)
    print()
    print(json.dumps(asdict(seen)))


if __name__ == "__main__":
    main(sys.argv[1])
