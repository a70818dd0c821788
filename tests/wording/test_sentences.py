"""Sentences of verdicts and advice stand in the wording room, and nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import steepest
from steepest.wording.catalogue import SENTENCES

HOUSE = Path(steepest.__file__).parent
# Forecasts have their words beside their numbers.
FORECASTS = {"forecast", "local_forecast", "minibatch_forecast", "minibatch_curvature"}
ROOM = [
    *(file for file in sorted((HOUSE / "diagnosis").glob("*.py")) if file.stem not in FORECASTS),
    HOUSE / "watching" / "loop_evidence.py",
]


def texts(tree: ast.AST) -> Iterator[str]:
    """Strings of a file, docstrings excepted, and those that an f-string puts together."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documented:
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "…" for part in node.values
            )


@pytest.mark.parametrize("file", ROOM, ids=lambda file: file.stem)
def test_no_sentence_is_made_in_a_room_of_facts(file: Path) -> None:
    found = [text for text in texts(ast.parse(file.read_text())) if len(text.split()) > 3]
    assert [text for text in found if text not in SENTENCES] == []


def test_a_sentence_of_a_fact_takes_what_the_fact_holds() -> None:
    """Made from facts of real runs: a table, a formula and mini-batches."""
    runs = [
        steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.01, epochs=9),
        steepest.minimize("x^2 + 100 y^2", start=(1, 1), lr=0.001, epochs=9),
        steepest.fit([1, 2, 3, 4], [2, 4, 7, 8], batch_size=1, lr=0.01, epochs=20),
    ]
    for run in runs:
        said = run.verdict.to_dict()
        assert said["reason"] == " ".join(map(str, run.verdict.reasons)) != ""
        assert [each["kind"] for each in said["reasons"]] == [f.kind for f in run.verdict.reasons]
