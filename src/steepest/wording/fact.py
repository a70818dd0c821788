"""Facts: what is known, as a kind with its numbers and names; a sentence is made when it is read.

Everything that steepest says of a run is kept as facts, so that a page can show a number where the
terminal says a sentence, and so that the sentence can be in another language.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType
from typing import Any, final

from steepest.translation import LANGUAGES, Language, speaking
from steepest.wording.numbers import together


@final
@dataclass(frozen=True)
class Fact:
    """One thing that is known. Make it by `fact`; `str` makes its sentence.

    - `kind`: what it is of, such as "objective rose"
    - `values`: its numbers and names, as the kind's sentence takes them
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return phrase(self.kind, **self.values)

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON: the kind, and the values under their names."""
        return {"kind": self.kind, **{name: _plain(value) for name, value in self.values.items()}}


def _sentences() -> Mapping[str, Callable[..., str]]:
    from steepest.wording.catalogue import SENTENCES  # all files of the room, when one is needed

    return SENTENCES


def fact(kind: str, **values: Any) -> Fact:
    """A fact of this kind; raises KeyError for a kind that no sentence is written for."""
    if kind not in _sentences():
        raise KeyError(kind)
    return Fact(kind, MappingProxyType(values))


def phrase(kind: str, /, **values: Any) -> str:
    """The words of a kind where no fact is kept: of a label, a title, a line of the terminal."""
    return _sentences()[kind](**values)


def phrases(*labels: str) -> list[str]:
    """Labels that take no values, such as the heads of a table."""
    return [phrase(label) for label in labels]


def text_of(facts: Iterable[Fact]) -> str:
    """The sentences of facts, one after another."""
    return together(map(str, facts))


def facts_saying(sentences: Sequence[str], data: Iterable[Mapping[str, Any]]) -> tuple[Fact, ...]:
    """The facts that `to_dict` wrote, if they still say the same, in any of our languages; else the
    sentences alone.
    """
    try:
        facts = tuple(map(fact_of, data))
        if any(_says(facts, sentences, language) for language in LANGUAGES):
            return facts
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        pass  # from another version, or a number that JSON has no word for
    return tuple(fact("text", text=sentence) for sentence in sentences if sentence)


def _says(facts: tuple[Fact, ...], sentences: Sequence[str], language: Language) -> bool:
    with speaking(language):
        return text_of(facts) == together(sentences)


def fact_of(data: Mapping[str, Any]) -> Fact:
    """The fact that `to_dict` wrote. Raises KeyError for a kind that no sentence is written for."""
    if data["kind"] not in _sentences():
        raise KeyError(data["kind"])
    return Fact(data["kind"], {name: _restored(data[name]) for name in data if name != "kind"})


def _restored(value: Any) -> Any:
    """A fact within a fact is one again."""
    is_fact = isinstance(value, Mapping) and value.get("kind") in _sentences()
    return fact_of(value) if is_fact else value


def _plain(value: Any) -> object:
    """A value as JSON holds it: what is no finite number is None."""
    if isinstance(value, Fact):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "tolist"):  # a NumPy number or array
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
