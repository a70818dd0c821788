"""A page for each kind of verdict and of mistake: what it means, rests on, says, and what helps."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steepest.diagnosis.verdict import Verdict
from steepest.reports.kinds import ROOMS, Kind, Room, kinds_of, word
from steepest.translation import LANGUAGES, speaking

DOCS = Path(__file__).parent


def kind_pages() -> dict[str, str]:
    """The pages of all kinds by their names, and the two that list them, in each language."""
    made = {}
    verdicts = {kind.kind: verdict_of(kind) for kind in kinds_of("verdicts")}
    for language in LANGUAGES:
        suffix = "" if language == "en" else f".{language}"
        with speaking(language):
            for room in ROOMS:
                begin = (DOCS / f"{room}{suffix}.md").read_text("utf-8")
                made[f"{room}{suffix}.md"] = begin + "\n" + "\n".join(_list(room)) + "\n"
            for kind in kinds_of("verdicts"):
                lines = _verdict(kind, verdicts[kind.kind])
                made[f"{kind.address}{suffix}.md"] = "\n".join(lines) + "\n"
            for kind in kinds_of("mistakes"):
                made[f"{kind.address}{suffix}.md"] = "\n".join(_mistake(kind)) + "\n"
    return made


def verdict_of(kind: Kind) -> Verdict:
    """The verdict of the run that its example makes."""
    names: dict[str, Any] = {}
    program = str(kind.told["example"]).replace("print(run.verdict)", "")
    exec(compile(program, "example", "exec"), names)
    verdict: Verdict = names["run"].verdict
    return verdict


def _list(room: Room) -> Iterator[str]:
    yield f"| {word('kind')} | {word('meaning')} |"
    yield "|---|---|"
    for kind in kinds_of(room):
        yield f"| [{kind.title}]({kind.address}.md) | {kind.meaning} |"


def _verdict(kind: Kind, verdict: Verdict) -> Iterator[str]:
    yield from _begin(kind, str(verdict))
    if verdict.advice:
        yield from (f"## {word('remedy')}", "", _escaped(verdict.advice), "")
    yield from (f"## {word('example')}", "", f"```python\n{kind.told['example'].strip()}\n```", "")
    yield f"[{word('verdicts')}](../verdicts.md)"


def _mistake(kind: Kind) -> Iterator[str]:
    yield from _begin(kind, kind.sentence)
    yield from (f"## {word('remedy')}", "")
    for case, sentence in kind.remedies:
        yield f"- {f'**{case}** · ' if case else ''}{_escaped(sentence)}"
    yield f"\n[{word('mistakes')}](../mistakes.md)"


def _begin(kind: Kind, sentence: str) -> Iterator[str]:
    """Title, meaning, evidence with its thresholds, and the sentence."""
    yield from (f"# {kind.title}", "", kind.meaning, "")
    yield from (f"## {word('evidence')}", "", kind.evidence, "")
    yield from (f"## {word('sentence')}", "", f"> {_escaped(sentence)}", "")


def _escaped(sentence: str) -> str:
    """A sentence in which Markdown finds no signs of its own, such as those of __init__."""
    return re.sub(r"([*_<\[\]\\`])", r"\\\1", sentence)
