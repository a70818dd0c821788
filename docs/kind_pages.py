"""A page for each kind of verdict and of mistake: what it means, rests on, says, and what helps."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from steepest.diagnosis import thresholds
from steepest.diagnosis.verdict import Verdict
from steepest.translation import LANGUAGES, Language, speaking, translated
from steepest.watching import mistakes
from steepest.watching.record import loss_inputs
from steepest.wording.fact import phrase

DOCS = Path(__file__).parent
TOLD: dict[str, Any] = tomllib.loads((DOCS / "kinds.toml").read_text("utf-8"))
ROOMS = ("verdicts", "mistakes")


def kind_pages() -> dict[str, str]:
    """The pages of all kinds by their names, and the two that list them, in each language."""
    made = {}
    verdicts = {kind: verdict_of(told["example"]) for kind, told in TOLD["verdicts"].items()}
    for language in LANGUAGES:
        suffix = "" if language == "en" else f".{language}"
        with speaking(language):
            for room in ROOMS:
                begin = (DOCS / f"{room}{suffix}.md").read_text("utf-8")
                made[f"{room}{suffix}.md"] = begin + "\n" + "\n".join(_list(room, language)) + "\n"
            for kind, verdict in verdicts.items():
                lines = _verdict(kind, verdict, language)
                made[f"verdicts/{address(kind)}{suffix}.md"] = "\n".join(lines) + "\n"
            for kind in TOLD["mistakes"]:
                lines = _mistake(kind, language)
                made[f"mistakes/{address(kind)}{suffix}.md"] = "\n".join(lines) + "\n"
    return made


def address(kind: str) -> str:
    """The name of a kind's page: "max steps" has max-steps."""
    return kind.lower().replace(" ", "-").replace("_", "-")


def verdict_of(example: str) -> Verdict:
    """The verdict of the run that an example makes."""
    names: dict[str, Any] = {}
    exec(compile(example.replace("print(run.verdict)", ""), "example", "exec"), names)
    verdict: Verdict = names["run"].verdict
    return verdict


def remedies_of(kind: str) -> list[dict[str, Any]]:
    """The facts of what helps against a mistake; `when` is the case that one is for."""
    given = TOLD["mistakes"][kind].get("remedies", [kind])
    named = ({"of": each} if isinstance(each, str) else each for each in given)
    return [{"kind": "remedy", **each} for each in named]


def _list(room: str, language: Language) -> Iterator[str]:
    words = TOLD["headings"][language]
    yield f"| {words['kind']} | {words['meaning']} |"
    yield "|---|---|"
    for kind, told in TOLD[room].items():
        yield f"| [{_title(room, kind)}]({room}/{address(kind)}.md) | {told['meaning'][language]} |"


def _title(room: str, kind: str) -> str:
    """The kind as it is said, and after it as `kind` has it where that is another word."""
    name = translated(kind)
    if name == kind and translated("converged") != "converged":
        name = TOLD[room][kind].get("name", kind)
    name = name[:1].upper() + name[1:]
    return name if name.lower() == kind.lower() else f"{name} · {kind}"


def _verdict(kind: str, verdict: Verdict, language: Language) -> Iterator[str]:
    words, told = TOLD["headings"][language], TOLD["verdicts"][kind]
    yield from _begin("verdicts", kind, language, _escaped(str(verdict)))
    if verdict.advice:
        yield from (f"## {words['remedy']}", "", _escaped(verdict.advice), "")
    yield from (f"## {words['example']}", "", f"```python\n{told['example'].strip()}\n```", "")
    yield f"[{words['verdicts']}](../verdicts.md)"


def _mistake(kind: str, language: Language) -> Iterator[str]:
    words, fact = TOLD["headings"][language], TOLD["mistakes"][kind]["fact"]
    yield from _begin("mistakes", kind, language, _said(fact))
    yield from (f"## {words['remedy']}", "")
    for remedy in remedies_of(kind):
        when = remedy.get("when")
        case = f"**{when[LANGUAGES.index(language)]}** · " if when else ""
        yield f"- {case}{_said(remedy)}"
    yield f"\n[{words['mistakes']}](../mistakes.md)"


def _said(fact: dict[str, Any]) -> str:
    values = {name: value for name, value in fact.items() if name not in ("kind", "when")}
    return _escaped(phrase(fact["kind"], **values))


def _escaped(sentence: str) -> str:
    """A sentence in which Markdown finds no signs of its own, such as those of __init__."""
    return re.sub(r"([*_<\[\]\\`])", r"\\\1", sentence)


def _begin(room: str, kind: str, language: Language, sentence: str) -> Iterator[str]:
    """Title, meaning, evidence with its thresholds, and the sentence."""
    words, told = TOLD["headings"][language], TOLD[room][kind]
    evidence = told["evidence"][language].format(**_thresholds(room))
    yield from (f"# {_title(room, kind)}", "", told["meaning"][language], "")
    yield from (f"## {words['evidence']}", "", evidence, "")
    yield from (f"## {words['sentence']}", "", f"> {sentence}", "")


def _thresholds(room: str) -> dict[str, Any]:
    """Where the names in braces are looked up."""
    if room == "verdicts":
        return vars(thresholds)
    names = [each.name for each in iter_modules(mistakes.__path__)]
    found = {name: import_module(f"{mistakes.__name__}.{name}") for name in names}
    return {**found, "inputs": loss_inputs}
