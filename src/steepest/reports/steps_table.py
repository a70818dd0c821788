"""The steps that a table lists, and the part of a page that they stand in."""

from collections.abc import Iterable, Sequence

import numpy as np

from steepest.path.step import Step
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import thin
from steepest.reports.html import Child, Html, note, section, table
from steepest.wording.fact import Fact, fact, phrase, text_of


def listed_steps(subject: Subject, rows: int = 28) -> list[Step]:
    """The first ten steps, then ever wider apart, the last and the chosen one.

    They are recorded ones: a run from a file may have no others.
    """
    path = subject.path
    recorded, wanted = path.recorded, thin(path.epochs, 10, rows)
    places = np.searchsorted(recorded, wanted).clip(max=len(recorded) - 1)
    indices = {*(recorded[place] for place in places.tolist()), subject.chosen}
    return [path.at(k) for k in sorted(indices)]


def steps_section(head: Iterable[Child], rows: Sequence[Html], notes: Iterable[Fact]) -> Html:
    """The table of steps with its notes."""
    return section(phrase("Steps"), table(head, rows), note(text_of(notes)))


def steps_left_out(count: int) -> list[Fact]:
    """How many steps the table does not list, if any."""
    return [fact("steps left out", count=count)] if count else []


def parameters_left_out(shown: int, of: int) -> list[Fact]:
    """How many parameters the table has columns for, unless for all."""
    return [fact("first parameters", shown=shown, of=of)] if shown < of else []
