"""Words of a result that a newcomer may not know: how they are told in a text, what they mean."""

import re
from collections.abc import Callable
from typing import NamedTuple

from steepest.translation import LANGUAGES, Language, spoken
from steepest.wording.fact import phrase


class Term(NamedTuple):
    """A word by its name in each of `LANGUAGES`, what it means, and how a text that says it looks
    there; "" where the text explains itself.

    The sentence is made when it is asked for: it loads the whole room of words.
    """

    names: tuple[str, str]
    sentence: Callable[[], str]
    forms: tuple[str, str]

    @property
    def name(self) -> str:
        """The word."""
        return self.names[_place(spoken())]

    def is_said(self, text: str) -> bool:
        """Whether a text, as the terminal or a page has it, says the word."""
        form = self.forms[_place(spoken())]
        return bool(form) and re.search(form, text) is not None


DIGITS = Term(
    ("digits", "位数"),
    lambda: phrase("meaning of digits"),
    (r"(?m)\sdigits$|<th[^>]*>digits<", r"(?m)\s位数$|<th[^>]*>位数<"),
)
TERMS = (
    Term(
        ("along", "沿"),
        lambda: phrase("meaning of along"),
        (
            r"along\s[^()<]{1,80}?\s\((>|&gt;)?[0-9]+%\)",
            r"沿\s*[^()（<]{1,80}?\s*[(（](>|&gt;)?[0-9]+%[)）]",
        ),
    ),
    Term(
        ("condition", "条件数"),
        lambda: phrase("meaning of a condition number"),
        (r"condition\s+number\s", r"条件数(?=[为是从])"),
    ),
    DIGITS,
    Term(("excess", "高出最小值"), lambda: phrase("meaning of excess"), (r"\bexcess\b", "")),
    Term(
        ("factor", "千分之一"),
        lambda: phrase("meaning of a factor of 1000"),
        (r"factor\s+of\s+1000", r"每缩小到千分之\s*一"),
    ),
)


def terms_in(text: str) -> list[Term]:
    """The words that stand in a text.

    >>> [term.name for term in terms_in("each factor of 1000 takes 9 epochs; its excess")]
    ['excess', 'factor']
    """
    return [term for term in TERMS if term.is_said(text)]


def term_called(name: str) -> Term | None:
    """The word of this name, in any language."""
    return next((term for term in TERMS if name.lower() in term.names), None)


def _place(language: Language) -> int:
    return LANGUAGES.index(language)
