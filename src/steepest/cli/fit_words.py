"""A fit as text for the terminal and as plain data for JSON."""

from dataclasses import replace

import click

from steepest.cli.as_options import as_options
from steepest.results.fit import Fit
from steepest.wording.fact import fact


def was_interrupted(fit: Fit) -> bool:
    """Whether Ctrl-C ended it."""
    path = fit.regularization
    return fit.verdict.kind == "interrupted" or (path is not None and path.interrupted)


def kinds_told(fit: Fit) -> list[str]:
    """The kind of its verdict."""
    return [fit.verdict.kind]


def summarize(fit: Fit) -> str:
    """Its summary, in the options of the command line."""
    return with_options(fit).summary()


def to_dict(fit: Fit) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    return fit.to_dict()


def with_options(fit: Fit) -> Fit:
    """The fit whose notes propose options in place of arguments."""
    known = [each.name for each in click.get_current_context().command.params]
    notes = [as_options(note, known) for note in fit.notes]
    if notes == [*fit.notes]:
        return fit
    return replace(fit, facts=tuple(fact("text", text=note) for note in notes))
