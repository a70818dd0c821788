"""What is installed: constraints.txt pins all of it, and what dev.py runs needs no more."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# torch's metadata pins the libraries of its GPU builds itself, each to one version.
PINNED_BY_TORCH = re.compile(r"nvidia-|cuda-|triton")


def test_every_package_is_pinned_to_one_version() -> None:
    pins = {
        canonicalize_name(pin.name): str(pin.specifier)
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for pin in [Requirement(line)]
    }
    assert [name for name, version in pins.items() if not version.startswith("==")] == []
    every = frozenset(distribution("steepest").metadata.get_all("Provides-Extra") or ())
    needed = {name for name in closure("steepest", every) if not PINNED_BY_TORCH.match(name)}
    assert needed - set(pins) == {"steepest"}


@pytest.mark.parametrize(
    ("command", "folders", "programs"),
    [
        ("test", ["src", "tests"], ["pytest", "xdist", "hatchling"]),
        ("check", ["src", "tests"], ["mypy", "ruff"]),
        ("hooks", [], ["pre_commit"]),
        ("docs", ["docs"], ["mkdocs", "mkdocs_static_i18n"]),
        ("bench", ["src", "benchmarks"], []),
    ],
)
def test_a_command_installs_what_it_needs(
    command: str, folders: list[str], programs: list[str]
) -> None:
    """In a fresh clone nothing else is there: mypy once read tests whose imports were not."""
    needed = {module for folder in folders for module in imported(folder)}.union(programs)
    known, brought = installed(), closure("steepest", extras_of(command))
    # One that is not installed here has its module's name.
    packages = {module: known.get(module, [module]) for module in needed}
    missing = {
        module
        for module, names in packages.items()
        if brought.isdisjoint(map(canonicalize_name, names))
    }
    assert missing == set()


@cache
def installed() -> Mapping[str, list[str]]:
    """The packages that bring a module, by its name."""
    return packages_distributions()


def extras_of(command: str) -> frozenset[str]:
    """What that command of dev.py always installs."""
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    (function,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == command
    )
    (call,) = (
        node.value
        for node in function.body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "install"
    )
    return frozenset(ast.literal_eval(word) for word in call.args)


@cache
def imported(folder: str) -> frozenset[str]:
    """The modules of others that its files import at once; those of an engine where it is there,
    and those of Spark's estimator, which is loaded where Spark is.
    """
    return frozenset(_imported(folder))


def _imported(folder: str) -> Iterator[str]:
    files = [
        file
        for file in (ROOT / folder).rglob("*.py")
        if file.parent.name != "engines" and file.name != "spark.py"
    ]
    ours = {"steepest", folder, *(file.stem for file in files)}
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from {name.partition(".")[0] for name in names} - ours - sys.stdlib_module_names


def test_what_ci_runs_is_there() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    files = re.findall(r"tests/\S+\.py", script)
    assert files and [file for file in files if not (ROOT / file).exists()] == []


@cache
def closure(root: str, chosen: frozenset[str]) -> set[str]:
    """All packages that `root` with these extras needs, however indirectly."""
    seen: set[str] = set()
    waiting = [(root, chosen)]
    while waiting:
        name, extras = waiting.pop()
        seen.add(canonicalize_name(name))
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # of an extra that is not installed here
        for requirement in map(Requirement, requires):
            if applies(requirement, extras) and canonicalize_name(requirement.name) not in seen:
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return seen


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})
