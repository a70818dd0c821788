"""The house rules: imports go down the list, no cycles, and nothing heavy is imported early."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import steepest

# A room may import itself and the rooms above it. `__init__` is the public list, which the command
# line uses as any other program would.
ROOMS = (
    "errors",
    "storage",
    "rows",
    "formula",
    "graphs",
    "problems",
    "curvature",
    "descent",
    "path",
    "model",
    "watching",
    "views",
    "plots",
    "web",
    "api",
    "estimators",
    "estimators",
    "__init__",
    "cli",
    "__main__",
)
# Methods that open a later room when they are called, and only then.
DOORS = {
    "curvature.lanczos": {"plots.spectrum", "views.spectrum"},
    "descent.search": {"plots.draw"},
    "graphs.graph": {"views.graph", "plots.graph"},
    "path.comparison": {"plots.compare", "web.compare_report"},
    "path.path": {"plots.animate", "plots.draw", "web.run_report"},
    "path.study": {"plots.draw", "web.study_report"},
    "watching.model_comparison": {"plots.several", "views.several", "web.optimizers_report"},
    "watching.landscape": {"plots.landscape", "views.landscape"},
    "watching.watch": {"web.watch_report"},
    "watching.watched": {"plots.sharpness", "views.sharpness"},
    "watching.range_test": {"plots.range_test", "views.range_test"},
}
PACKAGE = Path(steepest.__file__).parent
FILES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
    for file in sorted(PACKAGE.rglob("*.py"))
}
# Rooms whose errors reach the command line as well, and files of theirs that only Python reaches.
BOTH_DOORS = set(ROOMS) - {"estimators", "watching", "cli", "__main__"}
PYTHON_ONLY = {
    *("model.labels", "rows.arrays", "rows.opening"),
}
HEAVY = {"torch", "sympy", "numba", "matplotlib", "pandas", "polars", "sklearn"}


def test_every_file_belongs_to_a_room() -> None:
    assert {name.split(".")[0] for name in FILES} <= set(ROOMS)


@pytest.mark.parametrize("name", FILES)
def test_imports_go_down_the_list_only(name: str) -> None:
    here = ROOMS.index(name.split(".")[0])
    upward = {other for other in imports(name) if ROOMS.index(other.split(".")[0]) > here}
    assert upward - DOORS.get(name, set()) == set()


@pytest.mark.parametrize("name", DOORS)
def test_a_door_is_opened_by_a_call_only(name: str) -> None:
    assert DOORS[name].isdisjoint(imports(name, late=False))
    assert DOORS[name].issubset(imports(name))


def test_no_file_needs_itself_to_be_imported() -> None:
    graph = {name: set(imports(name, late=False)) for name in FILES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)  # raises CycleError


@pytest.mark.parametrize("name", FILES)
def test_an_error_names_options_in_words_that_hold_at_every_door(name: str) -> None:
    if name.split(".")[0] not in BOTH_DOORS:
        return
    said = "\n".join(texts(FILES[name]))
    assert re.findall(r"(?<![\w-])--[a-z][\w-]*", said) == []
    if name not in PYTHON_ONLY:
        assert re.findall(r"\b[a-z_]+=(?:'\w|True|False|None)", said) == []


def texts(file: Path) -> Iterator[str]:
    """The texts that are raised, and the constants of a module that may be part of them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    raised += [node for node in tree.body if isinstance(node, ast.Assign)]
    for part in raised:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def imports(name: str, *, late: bool = True) -> Iterator[str]:
    """The files of the package that one file imports; not `late`: when it is itself imported.

    The version may be read from everywhere.
    """
    for node in nodes(ast.parse(FILES[name].read_text(encoding="utf-8")), late):
        if isinstance(node, ast.Import):
            yield from (found(alias.name) for alias in node.names if is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}.py, line {node.lineno}: imports are absolute"
            if node.module is not None and is_ours(node.module):
                names = [alias.name for alias in node.names if alias.name != "__version__"]
                yield from {found(f"{node.module}.{name}") for name in names}


def nodes(node: ast.AST, late: bool) -> Iterator[ast.AST]:
    """A node and all below it; bodies of functions and of `if TYPE_CHECKING` only if `late`."""
    yield node
    typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    if late or not (typing_only or isinstance(node, ast.FunctionDef)):
        for child in ast.iter_child_nodes(node):
            yield from nodes(child, late)


def is_ours(module: str) -> bool:
    return module.split(".")[0] == "steepest"


def found(dotted: str) -> str:
    """The file that holds `dotted`: a module, a package's `__init__`, or the one of its parent.

    >>> found("steepest.errors.InputError")
    'errors'
    """
    parts = dotted.split(".")[1:]
    while parts:
        for name in (".".join(parts), ".".join([*parts, "__init__"])):
            if name in FILES:
                return name
        parts.pop()
    return "__init__"


FIT = ("fit", "examples/penguins.csv", "--target", "body_mass_g", "--missing", "drop")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="import"),
        pytest.param(("--help",), id="help"),
        pytest.param(("fit", "--help"), id="fit-help"),
        pytest.param(("minimize", "--help"), id="minimize-help"),
        pytest.param(("minimize", "--list"), id="list-of-known-functions"),
        pytest.param(FIT, id="fit-on-a-file"),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: tuple[str, ...]) -> None:
    assert HEAVY.intersection(modules_after(arguments)) == set()


def modules_after(arguments: tuple[str, ...]) -> list[str]:
    """Names in `sys.modules` of a fresh Python after `import steepest`, and a command if given."""
    program = """
import json, sys
import steepest
if len(sys.argv) > 1:
    from steepest.cli.main import main
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    assert status in (None, 0), status
print()
print(json.dumps(sorted(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    names: list[str] = json.loads(result.stdout.splitlines()[-1])
    return names
