"""Facts and sentences belong together: each kind has one sentence, with the values it is given."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

import steepest
from steepest.wording.catalogue import SENTENCES, TOPICS, sentences_of, templates_of
from steepest.wording.fact import Fact, fact

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
            asked = {name for _, name, _, _ in Formatter().parse(TEMPLATES[kind]) if name}
            assert names == asked, f"{where}: the sentence of {kind!r} takes {asked}"
            continue
        try:
            inspect.signature(SENTENCES[kind]).bind(**dict.fromkeys(names))
        except TypeError as error:
            pytest.fail(f"{where}: the sentence of {kind!r} says {error}")


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
