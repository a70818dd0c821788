"""The sentence of every kind of fact, put together from the files of this room."""

from collections.abc import Callable, Mapping
from inspect import isfunction
from types import MappingProxyType, ModuleType

from steepest.wording import (
    advice,
    certificates,
    faults,
    fits,
    forecasts,
    graphs,
    measurements,
    mistakes,
    notes,
    pictures,
    reports,
    samples,
    searches,
    stationary_points,
    stops,
    studies,
    tables,
    verdicts,
)

TOPICS: tuple[ModuleType, ...] = (
    advice,
    certificates,
    faults,
    fits,
    forecasts,
    graphs,
    measurements,
    mistakes,
    notes,
    pictures,
    reports,
    samples,
    searches,
    stationary_points,
    stops,
    studies,
    tables,
    verdicts,
)


def sentences_of(topic: ModuleType) -> dict[str, Callable[..., str]]:
    """The public functions that a file defines, under the kinds that they are named after."""
    return {
        name.replace("_", " "): function
        for name, function in vars(topic).items()
        if isfunction(function) and function.__module__ == topic.__name__ and name[0] != "_"
    }


SENTENCES: Mapping[str, Callable[..., str]] = MappingProxyType(
    {kind: sentence for topic in TOPICS for kind, sentence in sentences_of(topic).items()}
)
