"""The pages of verdicts and mistakes: none is missing, each says what the code says."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

from steepest.diagnosis.verdict import Kind as VerdictKind
from steepest.reports.kinds import ROOMS, Kind, kinds_of
from steepest.translation import LANGUAGES
from steepest.watching import mistakes
from steepest.watching.mistakes.rate import _ABOVE
from steepest.watching.record import loss_inputs
from steepest.wording.remedies import REMEDIES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def pages() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield import_module("kind_pages")


def kinds_of_mistakes() -> set[str]:
    """The first words of each finding that the sources make, and of misfits of outputs and loss."""
    found = {"vanishing gradient"}  # a variable names it
    for file in Path(mistakes.__path__[0]).glob("*.py"):
        found |= set(first_words(file, "Finding"))
    return found | set(first_words(Path(loss_inputs.__file__), "fact"))


def first_words(file: Path, called: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(ast.Name(name), [ast.Constant(word), *_]) if name == called:
                yield str(word)


def test_every_kind_is_told() -> None:
    assert [each.kind for each in kinds_of("verdicts")] == list(get_args(VerdictKind))
    assert {each.kind for each in kinds_of("mistakes")} == kinds_of_mistakes()
    remedies = [each for kind in kinds_of("mistakes") for each in kind.facts_of_remedies]
    assert {each["of"] for each in remedies if each["kind"] == "remedy"} == set(REMEDIES)


@pytest.mark.parametrize("kind", get_args(VerdictKind))
def test_the_example_of_a_verdict_ends_so(pages: Any, kind: str) -> None:
    assert pages.verdict_of(Kind("verdicts", kind)).kind == kind


def test_every_kind_has_its_page_in_both_languages(pages: Any) -> None:
    made = pages.kind_pages()
    kinds = [kind for room in ROOMS for kind in kinds_of(room)]
    for kind in kinds:
        assert f"{kind.address}.md" in made and f"{kind.address}.zh.md" in made
        assert f"]({kind.address}.md)" in made[f"{kind.room}.md"]
    assert len(made) == len(LANGUAGES) * (2 + len(kinds))
    assert f"above {_ABOVE} times the largest" in made["mistakes/learning-rate-too-high.md"]
    assert "- **根、范数或标准差** · " in made["mistakes/not-finite.zh.md"]
    assert r"in \_\_init\_\_, and" in made["mistakes/layer-made-in-forward.md"]
