"""Files of ours with a right checksum and odd contents: refused by field, or harmless."""

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.errors import InputError, StorageError
from steepest.path.path import DescentPath
from steepest.results.fit import Fit
from steepest.results.moments import Moments
from steepest.storage.container import container_kind, read_container, write_container

X = np.random.default_rng(0).normal(size=(40, 2))
Y = X @ [1.0, -2.0] + 0.5 + 0.1 * np.random.default_rng(1).normal(size=40)
NAMES = np.where(X[:, 0] > 0.0, "cat", "dog")
ROWS = steepest.read(X, names=["a", "b"])


def _bowl(a: Any) -> Any:
    return (a * a).sum()


# A formula's report works out its calculus anew, which takes seconds.
MADE: dict[str, Callable[[], Any]] = {
    "moments": lambda: Moments.of(ROWS, Y),
    "closed form": lambda: steepest.fit(ROWS, Y, validation=0.25),
    "folds by adam": lambda: steepest.fit(ROWS, Y, folds=3, optimizer="adam", lr=0.1, epochs=8),
    "classes": lambda: steepest.fit(ROWS, NAMES, loss="logistic", validation=0.25, epochs=8),
    "batches": lambda: steepest.fit(ROWS, Y, batch_size=7, epochs=3, l1=0.01),
    "formula": lambda: steepest.minimize("x^2 + y^2", (1, 2), lr=0.1, epochs=6),
    "function": lambda: steepest.minimize(_bowl, [1.0, 2.0], lr=0.1, epochs=6),
}
# Files of the two kinds that fits had before.
OLD_FILES = Path(__file__).parent / "old_files"
OLD = {"former squared": "squared_validation", "former classes": "logistic_text"}
ALL = [*MADE, *OLD]
ODD: list[Any] = [
    None,
    [],
    {},
    -1,
    1e308,
    -1e308,
    np.nan,
    np.inf,
    "",
    "\x1b[31m\n",
    True,
    10**30,
    0,
]
ODD_ARRAYS: list[Callable[[Any], Any]] = [
    lambda array: np.full(array.shape, np.nan),
    lambda array: np.full_like(array, -1),
    lambda array: np.zeros_like(array),
    lambda array: np.full(array.shape, 1e308),
    lambda array: array[:-1] if array.ndim else array[None],
    lambda array: array[:0] if array.ndim else array[None],
    lambda array: array[None],
    lambda array: array.astype(np.float32),
    lambda array: array.astype(np.int64),
    lambda array: array[::-1] if array.ndim else array[None],
]
NAMED = re.compile(
    r"odd\.steepest: (field|array) [\w.\[\]… ]+ is (damaged: |missing)|in a way this"
)


@cache
def contents(made: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    file = folder / "whole.steepest"
    if made in OLD:
        file = OLD_FILES / f"{OLD[made]}.steepest"
    else:
        MADE[made]().save(file)
    kind = container_kind(file)
    return (*read_container(file, kind), kind)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is something in a description, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in items:
        yield (*above, key)
        if isinstance(entry, dict | list):
            yield from places(entry, (*above, key))


def changed(description: Any, place: tuple[Any, ...], value: Any) -> Any:
    found = inner = deepcopy(description)
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


def use(file: Path, kind: str, *, reported: bool) -> None:
    """All that is done with a file that could be loaded."""
    if kind == "moments":
        moments = Moments.load(file)
        repr(moments)
        found: Any = steepest.fit(moments)
    else:
        found = steepest.load(file)
    if isinstance(found, Fit):
        found.summary()
        found.to_dict()
        found.predict(X)
        if found.has_probabilities:
            found.predict_proba(X)
    elif isinstance(found, DescentPath):
        str(found.table())
        str(found.verdict), str(found.forecast), repr(found.last), repr(found)
    if reported:
        found.report(file.with_suffix(".html"))


def outcome(arrays: Any, description: Any, kind: str, folder: Path, reported: bool) -> str:
    """The message with which the file is refused; "" where it is not."""
    file = folder / "odd.steepest"
    write_container(file, arrays, description, kind)
    try:
        use(file, kind, reported=reported)
    except StorageError as error:
        return str(error)
    except InputError:  # it could be loaded, and what was asked of it says why it cannot be
        return ""
    return ""


@pytest.mark.parametrize("made", ALL)
def test_odd_values_are_refused_by_field_or_harmless(made: str, tmp_path: Path) -> None:
    arrays, description, kind = contents(made, tmp_path)
    cases = [(place, value) for place in places(description) for value in [*ODD, nested(60)]]
    for number, (place, value) in enumerate(random.Random(0).sample(cases, 60)):
        odd = changed(description, place, value)
        told = outcome(arrays, odd, kind, tmp_path, reported=number < 2 and made != "formula")
        assert not told or NAMED.search(told), (place, value, told)


@pytest.mark.parametrize("made", ALL)
def test_odd_arrays_are_refused_by_name_or_harmless(made: str, tmp_path: Path) -> None:
    arrays, description, kind = contents(made, tmp_path)
    cases = [(name, odd) for name in arrays for odd in ODD_ARRAYS]
    for number, (name, odd) in enumerate(random.Random(0).sample(cases, 30)):
        changed_arrays = arrays | {name: odd(arrays[name])}
        told = outcome(
            changed_arrays, description, kind, tmp_path, reported=number < 4 and made != "formula"
        )
        assert not told or NAMED.search(told), (name, told)
