"""Sentences as templates: values in braces, and in brackets what is said for some values only."""

import re
from collections.abc import Mapping, Sized
from numbers import Real
from typing import Any

from steepest.translation import Filler, closed_up, joined, translated
from steepest.wording import numbers

_FORMS = (
    numbers.assigned,
    numbers.capitalized,
    numbers.count,
    numbers.epochs,
    numbers.factor,
    numbers.listed,
    numbers.noun,
    numbers.number,
    numbers.percent,
    numbers.quoted,
    numbers.rate,
    numbers.shape,
    numbers.with_article,
    numbers.with_minus,
    joined,
    translated,
)
_FORM_OF = {form.__name__: form for form in _FORMS}
# The innermost choice: a name, what it is to equal, and what is said then and else.
_CHOICE = re.compile(r"\[(\w+)(?:=([^?\[\]]*))?\?([^|\[\]]*)(?:\|([^\[\]]*))?\]")


class _Template(Filler):
    def formed(self, value: Any, format_spec: str) -> str:
        form = _FORM_OF.get(format_spec)
        return super().formed(value, format_spec) if form is None else form(value)


def filled(template: str, /, **values: Any) -> str:
    """The template, in the language spoken, with its values.

    - `{name}`: the value. Behind a colon stands Python's format of it, a function of `_FORMS`, or
      a space and the noun that is counted
    - `[name?text|other]`: the text where the value is given, the other text or nothing where it is
      None, False or empty; `[name=value?…]`: where it equals that, or has so many entries. Choices
      may stand in each other

    >>> filled("{share:percent} of {rows:, row}, about {mean:.2f}", share=0.25, rows=6400, mean=1)
    '25 % of 6,400 rows, about 1.00'
    >>> [filled("{of} [of=1?is|are] left[why?, since {why}]", of=of, why=None) for of in (1, 2)]
    ['1 is left', '2 are left']
    """
    return closed_up(_Template().format(chosen(translated(template), values), **values))


def chosen(template: str, values: Mapping[str, Any]) -> str:
    """The template with its choices made."""

    def choose(choice: re.Match[str]) -> str:
        name, wanted, text, other = choice.groups()
        value = values.get(name)
        holds = _is_given(value) if wanted is None else _equals(value, wanted)
        return text if holds else other or ""

    made = _CHOICE.sub(choose, template)
    return made if made == template else chosen(made, values)


def _is_given(value: Any) -> bool:
    """A number is, 0 too."""
    return bool(value) or (isinstance(value, Real) and not isinstance(value, bool))


def _equals(value: Any, wanted: str) -> bool:
    if isinstance(value, Sized) and not isinstance(value, str):
        value = len(value)
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return bool(value == float(wanted)) if is_number else str(value) == wanted
