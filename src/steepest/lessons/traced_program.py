"""A learner's program, run in a process of its own: the values that its variables take.

Started as a program it runs a file and prints what it saw as JSON.
"""

import ast
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import FrameType, ModuleType
from typing import Any, final

from steepest.errors import InputError, cause
from steepest.translation import said_of, say

_MOST = 20_000  # values of one variable
_MOST_ITEMS = 10_000  # numbers of a list
_MOST_LINES = 1_000_000  # that run; a loop of three thousand epochs over fifty points has 450,000
_BEGIN = "steepest saw: "  # of the last line that is printed
_VECTOR = 2  # parameters of an array that are followed one by one


@final
@dataclass
class Traced:
    """What a program did.

    - `values`: the values of each variable that is a number, one after another, without repetition
    - `lists`: the lists and arrays of numbers that there were at its end
    - `printed`: the numbers of each line that it printed
    - `constants`: the numbers that stand in its text
    - `stopped`: after so many lines it was ended; 0 where it ended by itself
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    lists: dict[str, list[float]] = field(default_factory=dict)
    printed: list[list[float]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    stopped: int = 0


def traced(file: str, name: str | None = None) -> Traced:
    """Run a program of the user's and note what its variables did; errors call it by its name.

    Raises InputError for one that cannot be read, or that an error ended.
    """
    name = name or file
    try:
        with open(file, encoding="utf-8-sig") as opened:
            tree = ast.parse(opened.read(), file)
    except OSError as error:
        raise InputError(said_of(name, cause(error))) from None
    except (SyntaxError, ValueError) as error:
        line, reason = "", str(error)
        if isinstance(error, SyntaxError):
            line, reason = say(", line {line}", line=error.lineno), error.msg
        raise InputError(
            "{file}{line} is no Python program: {error}", file=name, line=line, error=reason
        ) from None
    environment = os.environ | {"MPLBACKEND": "Agg"}
    source, sink = os.pipe()  # stays open as long as this process lives
    with os.fdopen(source), os.fdopen(sink, "w"):
        done = subprocess.run(
            [sys.executable, "-m", "steepest.lessons.traced_program", file],
            stdin=source, capture_output=True, text=True, encoding="utf-8",
            errors="replace", env=environment, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise InputError(_failure(file, name, done.stderr))
    *printed, last = done.stdout.splitlines() or [""]
    if not last.startswith(_BEGIN):
        raise InputError(_failure(file, name, ""))  # it ended the process itself
    return completed(Traced(**json.loads(last.removeprefix(_BEGIN))), printed, tree)


def completed(seen: Traced, printed: Sequence[str], tree: ast.Module) -> Traced:
    """What was seen, with the numbers that were printed and that stand in the program."""
    lines = filter(None, map(_numbers, printed))
    numbers = [number for node in ast.walk(tree) for number in _constant(node)]
    return replace(seen, printed=list(lines), constants=numbers)


def _constant(node: ast.AST) -> Iterator[float]:
    """A number that stands in a program, or a quotient of two, such as 3/14."""
    match node:
        case ast.Constant(value=float() | int() as value):
            yield float(value)
        case ast.BinOp(
            ast.Constant(value=float() | int() as above),
            ast.Div(),
            ast.Constant(value=float() | int() as below),
        ) if below:
            yield above / below


def _failure(file: str, name: str, text: str) -> str:
    """The line of a traceback: the file, its last line that was reached, and the error."""
    places = re.findall(rf'File "{re.escape(file)}", line (\d+)', text)
    lines = [line for line in text.splitlines() if line.strip()]
    where = say(", line {line}", line=places[-1]) if places else ""
    if lines and lines[-1].startswith("EOFError"):
        return say(
            "{file}{where}: nobody is asked here: write the value in place of input()",
            file=name,
            where=where,
        )
    return said_of(f"{name}{where}", lines[-1] if lines else say("it ended without a result"))


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
class _Enough(BaseException):
    """So many lines have run that what was seen tells what the program is."""


@final
class _Recorder:
    """Looks at the variables of one file before each of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines = 0
        self.values: dict[str, list[float]] = {}
        self.lists: dict[str, list[float]] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != self.file:
            return None
        self.lines += 1
        if self.lines > _MOST_LINES:
            raise _Enough
        names = _own(frame)
        self.look(names)
        if names is not frame.f_globals:  # a function changes those of the program too
            self.look(frame.f_globals)
        if event == "return":
            self.gather({name: each for name, each in names.items() if name not in self.lists})
        return self

    def gather(self, names: dict[str, Any]) -> None:
        """Note the lists among these variables, and within dictionaries and objects."""
        for name, value in _within(names):
            if (numbers := _list(value)) is not None:
                self.lists[name] = numbers

    def look(self, names: dict[str, Any]) -> None:
        """Note the numbers that these variables are now."""
        for name, value in _within(names):
            for label, number in _scalars(name, value):
                seen = self.values.setdefault(label, [])
                if len(seen) < _MOST and (not seen or seen[-1] != number):
                    seen.append(number)


def _own(frame: FrameType) -> dict[str, Any]:
    """The variables of a frame; those of a function are of another name than those outside."""
    function = frame.f_code.co_name
    if function == "<module>":
        return frame.f_globals
    return {f"{name} ({function})": each for name, each in frame.f_locals.items()}


def _within(names: dict[str, Any]) -> list[tuple[str, Any]]:
    """Variables, what dictionaries hold, and the attributes of objects of the program's own."""
    found: list[tuple[str, Any]] = []
    for name, value in list(names.items()):
        if name.startswith("_") or isinstance(value, type | ModuleType):
            continue
        if type(value).__module__ == "__main__" and hasattr(value, "__dict__"):
            found += [(f"{name}.{own}", each) for own, each in list(vars(value).items())]
        elif isinstance(value, dict):
            found += [(f"{name}[{key!r}]", each) for key, each in list(value.items())]
        found.append((name, value))
    return found


def _scalars(name: str, value: Any) -> list[tuple[str, float]]:
    """The number that a value is, or the parameters of a module that are numbers."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return [(name, float(value))]
    if hasattr(value, "named_parameters"):
        if "_parameters" not in vars(value):
            return []  # a module before super().__init__()
        return [
            (f"{name}.{label}", float(each.detach()))
            for label, each in value.named_parameters()
            if each.numel() == 1
        ]
    size = _size(value)
    if size == _VECTOR and (numbers := _list(value)) is not None:
        return [(f"{name}[{place}]", each) for place, each in enumerate(numbers)]
    if size == 1:
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
        if _size(value) is not None:  # an array or a tensor: a file has `detach` too
            value = value.detach() if hasattr(value, "detach") else value
            value = value.reshape(-1) if hasattr(value, "reshape") else value  # pandas has none
            value = value.tolist()
        if isinstance(value, list | tuple) and 2 <= len(value) <= _MOST_ITEMS:
            return [float(each) for each in value]
    except (AttributeError, TypeError, ValueError, RuntimeError):
        pass
    return None


def recorded(file: str) -> Traced:
    """Run a file in this process, and note what its variables did."""
    recorder = _Recorder(file)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": file}
    with open(file, encoding="utf-8-sig") as opened:
        code = compile(opened.read(), file, "exec")
    before, stopped = sys.gettrace(), 0
    sys.settrace(recorder)
    try:
        exec(code, names)
    except SystemExit:
        pass  # a way to end a program
    except _Enough:
        stopped = _MOST_LINES
    finally:
        sys.settrace(before)
    del names["__builtins__"]
    recorder.look(names)
    recorder.gather(names)
    return Traced(recorder.values, recorder.lists, stopped=stopped)


def _end_with_parent(pipe: int) -> None:
    """End this process when the other end of the pipe is closed: however its parent ended."""
    os.read(pipe, 1)
    os._exit(1)


def main(file: str) -> None:
    """Run the file and print, in a last line of its own, what was seen."""
    pipe = os.dup(0)
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    with open(os.devnull, encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), 0)  # the program is not to wait for what nobody types
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
    seen = recorded(file)
    print()
    print(_BEGIN + json.dumps(asdict(seen)))


if __name__ == "__main__":
    main(sys.argv[1])
