"""The house rules: imports go down the list, no cycles, and nothing heavy is imported early."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import steepest

# From the ground up: a room may import itself and the rooms before it in this list, also inside
# functions. `__init__` is the public list, which the command line uses as any other program would.
ROOMS = (
    "translation",
    "errors",
    "arrays",
    "number_checks",
    "keywords",
    "storage",
    "wording",
    "tables",
    "moments",
    "formula",
    "graphs",
    "penalties",
    "losses",
    "problems",
    "curvature",
    "descent",
    "diagnosis",
    "path",
    "models",
    "watching",
    "pictures",
    "reports",
    "results",
    "api",
    "adapters",
    "estimators",
    "lessons",
    "lab",
    "__init__",
    "cli",
    "__main__",
)
PACKAGE = Path(steepest.__file__).parent
FILES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
    for file in sorted(PACKAGE.rglob("*.py"))
}
HEAVY = {"torch", "sympy", "numba", "matplotlib", "pandas", "polars", "sklearn"}


def test_every_file_belongs_to_a_room() -> None:
    assert {name.split(".")[0] for name in FILES} <= set(ROOMS)


def test_no_file_is_longer_than_430_lines() -> None:
    lengths = {name: len(file.read_text("utf-8").splitlines()) for name, file in FILES.items()}
    assert {name for name, length in lengths.items() if length > 430} == set()


def test_imports_go_down_the_list_only() -> None:
    floor = {name: ROOMS.index(name.split(".")[0]) for name in FILES}
    up = {(name, other) for name in FILES for other in imports(name) if floor[other] > floor[name]}
    assert up == set()


def test_no_file_needs_itself() -> None:
    """Imports inside functions, and those for types alone, count like all others."""
    graph = {name: imports(name) - {name} for name in FILES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)  # raises CycleError


@cache
def imports(name: str) -> frozenset[str]:
    """The files of the package that one file imports; the version may be read from everywhere."""
    files: set[str] = set()
    for node in statements(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            files.update(found(alias.name) for alias in node.names if is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}.py, line {node.lineno}: imports are absolute"
            if node.module is not None and is_ours(node.module):
                names = [alias.name for alias in node.names if alias.name != "__version__"]
                files.update(found(f"{node.module}.{name}") for name in names)
    return frozenset(files)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements within one, without their expressions, where nothing is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from statements(child)


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


COMMANDS = (("--help",), ("fit", "--help"), ("minimize", "--help"), ("minimize", "--list"), FIT)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """A fresh Python imports the package, then runs one command after the other."""
    program = """
import json, sys
import steepest
found = [sorted(sys.modules)]
from steepest.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["steepest", *arguments]
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    assert status in (None, 0), status
    found.append(sorted(sys.modules))
print()
print(json.dumps(found))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, json.dumps(COMMANDS)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    heavy = [HEAVY.intersection(names) for names in found]
    assert heavy == [set()] * (1 + len(COMMANDS)), list(zip([(), *COMMANDS], heavy, strict=True))
    helped = [
        names for arguments, names in zip(COMMANDS, found[1:], strict=True) if "--help" in arguments
    ]
    assert not any("numpy" in names for names in helped)
    of_other_fits = {"descent.minibatch", "problems.linear", "models.stored_model"}
    assert not of_other_fits & {name.removeprefix("steepest.") for name in found[-1]}
