"""The public list: sorted, complete, short, documented, and without private types."""

import doctest
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import steepest

ROOT = Path(__file__).parents[1]
NAMES = tuple(steepest.__all__)
MOST_NAMES = 31
# A name of ours that begins with an underscore, bare or with the module it comes from.
PRIVATE_TYPE = re.compile(r"(?<![\w.])_[A-Za-z]\w*|steepest\.[\w.]*\b_\w+")


def test_the_list_is_sorted_and_without_repetition() -> None:
    assert list(NAMES) == sorted(set(NAMES))


def test_the_list_is_complete() -> None:
    others = {name for name in dir(steepest) if not name.startswith("_")} - set(NAMES)
    assert {name for name in others if not inspect.ismodule(getattr(steepest, name))} == set()


def test_the_list_is_short() -> None:
    assert len(NAMES) <= MOST_NAMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'fitt'"):
        _ = steepest.fitt


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented(name: str) -> None:
    documentation = inspect.getdoc(getattr(steepest, name))
    assert documentation is not None
    assert documentation.strip()


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("Error")])
def test_a_public_name_has_an_example_that_runs(name: str) -> None:
    thing = getattr(steepest, name)
    tests = doctest.DocTestFinder(recurse=True).find(thing, name)
    assert any(test.examples for test in tests)


@pytest.mark.parametrize("name", NAMES)
def test_no_private_type_in_a_public_signature(name: str) -> None:
    for where, function in functions(name):
        for annotation in annotations(function):
            assert not PRIVATE_TYPE.search(annotation), f"{where}: {annotation}"


def test_no_module_hides_a_public_name() -> None:
    # Importing a submodule binds its name in the package.
    for module in pkgutil.iter_modules(steepest.__path__):
        if module.name in NAMES:
            assert inspect.ismodule(getattr(steepest, module.name)), module.name


def test_changelog_and_version_are_in_step() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == steepest.__version__


def functions(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """A public function itself, or every public method and property of a public class."""
    thing = getattr(steepest, name)
    if inspect.isfunction(thing):
        yield name, thing
    if inspect.isclass(thing):
        yield name, thing.__init__
        for member, value in inspect.getmembers_static(thing):
            function = getattr(value, "fget", None) or getattr(value, "__func__", value)
            if not member.startswith("_") and inspect.isfunction(function):
                yield f"{name}.{member}", function


def annotations(function: Callable[..., Any]) -> list[str]:
    """The annotations of a function as they would be written."""
    signature = inspect.signature(function)
    found = [parameter.annotation for parameter in signature.parameters.values()]
    return [inspect.formatannotation(each) for each in (*found, signature.return_annotation)]
