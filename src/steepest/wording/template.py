"""Sentences that are put together alike for all values: templates, with the values in braces."""

from string import Formatter
from typing import Any

from steepest.translation import spoken, translated
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
    numbers.rate,
    translated,
)
_FORM_OF = {form.__name__: form for form in _FORMS}


class _Template(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        text, bound = self.formed(value, format_spec), numbers.BOUND * (spoken() == "zh")
        return f"{bound}{text}{bound}"

    def formed(self, value: Any, format_spec: str) -> str:
        comma, _, noun = format_spec.partition(" ")
        if noun:
            return numbers.counted(value, noun, comma)
        form = _FORM_OF.get(format_spec)
        return str(super().format_field(value, format_spec)) if form is None else form(value)


def filled(template: str, /, **values: Any) -> str:
    """The template, in the language spoken, with its values. Behind a colon stands Python's format
    of a value, a function of `_FORMS`, or a space and the noun that is counted.

    >>> filled("{share:percent} of {rows:, row}, about {mean:.2f}", share=0.25, rows=6400, mean=1)
    '25 % of 6,400 rows, about 1.00'
    """
    return numbers.closed_up(_Template().format(translated(template), **values))
