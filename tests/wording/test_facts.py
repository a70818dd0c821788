"""Facts and sentences belong together: each kind has one sentence, with the values it is given."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.wording.catalogue import SENTENCES, TOPICS, sentences_of, templates_of
from steepest.wording.fact import Fact, fact, phrase
from steepest.wording.template import chosen, filled

PACKAGE = Path(steepest.__file__).parent
_TEMPLATES = [(kind, text) for topic in TOPICS for kind, text in templates_of(topic).items()]
TEMPLATES = dict(_TEMPLATES)


@cache
def calls() -> list[tuple[str, str, set[str] | None]]:
    """What `made` finds, looked for once, where it is asked for."""
    return list(made())


def made() -> Iterator[tuple[str, str, set[str] | None]]:
    """Each call of `fact`, `phrase` and `phrases` outside this room: where, its kind, and the names
    of its values, None where a mapping is handed on.
    """
    files = (file for file in sorted(PACKAGE.rglob("*.py")) if file.parent.name != "wording")
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            name = node.func.id
            if name in ("fact", "phrase", "phrases"):
                where = f"{file.relative_to(PACKAGE)}, line {node.lineno}"
                names = [word.arg for word in node.keywords]
                whole = None if None in names else {name for name in names if name is not None}
                for argument in node.args if name == "phrases" else node.args[:1]:
                    yield from ((where, kind, whole) for kind in kinds(argument, where))


def kinds(argument: ast.expr, where: str) -> list[str]:
    """The kind that is written there, or both of a condition."""
    if isinstance(argument, ast.IfExp):
        return [*kinds(argument.body, where), *kinds(argument.orelse, where)]
    assert isinstance(argument, ast.Constant), f"{where}: write the kind itself"
    return [str(argument.value)]


def test_a_fact_has_what_its_sentence_needs() -> None:
    for where, kind, names in calls():
        assert kind in SENTENCES, f"{where}: no sentence is written for {kind!r}"
        if names is None:
            continue
        if kind in TEMPLATES:
            needed, known = fields(chosen(TEMPLATES[kind], {})), names_of(TEMPLATES[kind])
            assert needed & known <= names <= known, f"{where}: {kind!r} takes {known}"
            continue
        try:
            inspect.signature(SENTENCES[kind]).bind(**dict.fromkeys(names))
        except TypeError as error:
            pytest.fail(f"{where}: the sentence of {kind!r} says {error}")


def fields(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def names_of(template: str) -> set[str]:
    """All that a sentence takes: what it says, and what it chooses by."""
    return fields(template) | set(re.findall(r"\[(\w+)(?:=[^?\[\]]*)?\?", template))


def test_every_sentence_is_used() -> None:
    assert set(SENTENCES) - {kind for _, kind, _ in calls()} == set()


def test_no_kind_has_two_sentences() -> None:
    assert len(SENTENCES) == len(_TEMPLATES) + sum(len(sentences_of(topic)) for topic in TOPICS)


def test_a_fact_is_plain_data_for_json() -> None:
    known = Fact("anything", {"rate": np.float64(0.5), "end": np.inf, "names": ("x", "y")})
    assert known.to_dict() == {
        "kind": "anything",
        "rate": 0.5,
        "end": None,
        "names": ["x", "y"],
    }


def test_a_kind_without_a_sentence_is_refused() -> None:
    with pytest.raises(KeyError):
        fact("no such kind")


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (
            "left to go",
            {"name": "age", "gap": 0.25, "errors": 2.0},
            "By the curvature there, age is 0.25 from its minimum, 2 of its standard errors.",
        ),
        (
            "left to go",
            {"name": "age", "gap": 0.25, "errors": None},
            "age is 0.25 from where the objective is least.",
        ),
        (
            "column like target",
            {"name": "x", "target": "y", "correlation": 1.0},
            "'x' follows the target 'y' almost exactly (correlation 1): exclude it if it is made "
            "of it",
        ),
        ("rows counted", {"rows": 344}, "344 rows"),
        (
            "text column left out",
            {"name": "name", "most": 50, "example": "Ann"},
            "column 'name' is left out: text with more than 50 different values, for example "
            "'Ann'; levels=20 takes its commonest",
        ),
        (
            "text of names left out",
            {"name": "name", "example": "Ann"},
            "column 'name' is left out: text that is different in every row, for example 'Ann'",
        ),
        (
            "text column pooled",
            {"name": "city", "most": 20, "pooled": 31, "rows": 40, "others": "others"}
            | {"baseline": "Rome"},
            "column 'city' is text: its 20 most frequent levels, 31 rarer ones (40 rows) together "
            "as 'others', compared with 'Rome'",
        ),
        (
            "feature like a key",
            {"name": "id", "rows": 344},
            "column 'id' is a feature; exclude it if it only names rows: its first 344 values all "
            "differ",
        ),
        (
            "objective in steps",
            {"calls": ["int()"], "at": "x = 7", "change": 5.0},
            "The objective depends on the numbers of int() in steps, which have no slope: at x = 7 "
            "it jumps by 5.",
        ),
    ],
)
def test_what_a_sentence_says(kind: str, values: dict[str, Any], said: str) -> None:
    assert phrase(kind, **values) == said


def test_a_choice_is_by_what_is_given() -> None:
    assert [
        filled("it is[at? {at}|]", at=at) for at in (0.0, 3, "x", None, False, np.False_, "")
    ] == [
        *("it is 0.0", "it is 3", "it is x"),
        *("it is",) * 4,
    ]
    names = "[names=0?none|[names=1?{names:listed} is|{names:listed} are]] there"
    assert [filled(names, names=said) for said in ([], ["x"], ["x", "y"])] == [
        *("none there", "x is there", "x and y are there"),
    ]
    assert (
        filled("[of=L1?L1|{of}][why?, for {why}]", of="L2", why="x [y? z|]") == "L2, for x [y? z|]"
    )
