"""What each kind of verdict and of mistake means: the text of its page, which is carried in the
package for reports, the lab and `steepest help`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, final, get_args

from steepest.diagnosis import thresholds
from steepest.reports.html import Child, Html, tag
from steepest.translation import LANGUAGES, spoken, translated
from steepest.wording.fact import fact_of, phrase

Room: TypeAlias = Literal["verdicts", "mistakes"]
ROOMS: tuple[Room, ...] = get_args(Room)


@final
@dataclass(frozen=True)
class Kind:
    """A kind of verdict or of mistake, told in the language spoken.

    >>> cycle = Kind("verdicts", "cycle")
    >>> cycle.meaning
    'The same points come back for ever. The learning rate is usually exactly at the stable limit: \
this is not yet divergence.'
    >>> Kind("mistakes", "zero_grad forgotten").address
    'mistakes/zero-grad-forgotten'
    """

    room: Room
    kind: str

    @property
    def name(self) -> str:
        """As it is said."""
        name = translated(self.kind)
        is_english = spoken() == "en" or name != self.kind
        return name if is_english else str(self.told.get("name", name))

    @property
    def title(self) -> str:
        """Its name, and after it the kind as data have it where that is another word."""
        name = self.name[:1].upper() + self.name[1:]
        return name if name.lower() == self.kind.lower() else f"{name} · {self.kind}"

    @property
    def address(self) -> str:
        """Its page, beside those of the others."""
        return f"{self.room}/{re.sub('[ _]', '-', self.kind.lower())}"

    @property
    def meaning(self) -> str:
        """What is known where it is said."""
        return str(self.told["meaning"][spoken()])

    @property
    def evidence(self) -> str:
        """What it rests on, with its thresholds."""
        return str(self.told["evidence"][spoken()].format(**_thresholds(self.room)))

    @property
    def sentence(self) -> str:
        """What is said of a mistake, with numbers of an example."""
        return _sentence(self.told["fact"])

    @property
    def remedies(self) -> list[tuple[str, str]]:
        """What helps against a mistake: the case that it is for, "" for each, and the sentence."""
        place = LANGUAGES.index(spoken())
        facts = self.facts_of_remedies
        return [(each.get("when", [""] * len(LANGUAGES))[place], _sentence(each)) for each in facts]

    @property
    def facts_of_remedies(self) -> list[dict[str, Any]]:
        """What helps against a mistake, as facts; `when` is the case that one is for."""
        given = self.told.get("remedies", [self.kind]) if self.room == "mistakes" else []
        named = ({"of": each} if isinstance(each, str) else each for each in given)
        return [{"kind": "remedy", **each} for each in named]

    @property
    def told(self) -> Mapping[str, Any]:
        """What is written of it."""
        found: Mapping[str, Any] = _told()[self.room][self.kind]
        return found

    def text(self) -> list[str]:
        """Name and meaning, evidence, and what helps: a paragraph each."""
        helps = [
            phrase("told of", name=case, said=said) if case else said
            for case, said in self.remedies
        ]
        told = [(self.title, self.meaning), (word("evidence"), self.evidence)]
        told += [(word("remedy"), said) for said in helps]
        return [phrase("told of", name=name, said=said) for name, said in told]


def word(name: str) -> str:
    """A heading of the pages, such as that of the evidence."""
    return str(_told()["headings"][spoken()][name])


def kinds_of(room: Room) -> list[Kind]:
    """All of them."""
    return [Kind(room, kind) for kind in _told()[room]]


def kinds_called(name: str) -> list[Kind]:
    """Those of this name, as data have it, as it is said, or as its page is called.

    >>> [kind.address for kind in kinds_called("Plateau")]
    ['verdicts/plateau', 'mistakes/plateau']
    """
    wanted = name.strip().lower()
    every = [kind for room in ROOMS for kind in kinds_of(room)]
    return [kind for kind in every if wanted in _names(kind)]


def _names(kind: Kind) -> tuple[str, ...]:
    return kind.kind.lower(), kind.name.lower(), kind.address.partition("/")[2]


def link(room: Room, kind: str, said: Child, **attributes: str) -> Html:
    """Words that lead to what the page of a report says of the kind."""
    return tag("a", said, href=f"#{Kind(room, kind).address}", **attributes)


def explanations(contents: str) -> Iterator[Html]:
    """What is said of each kind that the contents have a link to."""
    for kind in (kind for room in ROOMS for kind in kinds_of(room)):
        if f'href="#{kind.address}"' in contents:
            yield tag("h3", kind.title, id=kind.address)
            yield tag("p", kind.meaning)
            yield tag("p", phrase("told of", name=word("evidence"), said=kind.evidence))


def _sentence(told: Mapping[str, Any]) -> str:
    return str(fact_of({name: value for name, value in told.items() if name != "when"}))


@cache
def _told() -> Mapping[str, Any]:
    text = files("steepest.wording").joinpath("kinds.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _thresholds(room: Room) -> Mapping[str, Any]:
    """Where the names in braces are looked up."""
    return vars(thresholds) if room == "verdicts" else _thresholds_of_mistakes()


@cache
def _thresholds_of_mistakes() -> Mapping[str, Any]:
    from steepest.watching import mistakes
    from steepest.watching.record import loss_inputs

    names = [each.name for each in iter_modules(mistakes.__path__)]
    found = {name: import_module(f"{mistakes.__name__}.{name}") for name in names}
    return {**found, "inputs": loss_inputs}
