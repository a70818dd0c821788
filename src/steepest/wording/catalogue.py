"""The words of every kind, put together from the files of this room.

Which language speaks is decided here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import isfunction
from types import MappingProxyType, ModuleType

from steepest.wording.template import filled

_FILES = """
    advice births captions_of_fits captions_of_paths captions_of_steps captions_of_studies
    certificates dependent_columns exceptions faults fits forecasts graphs headings
    headline labels measurements mistakes mistakes_of_steps notes remedies reports samples
    searches stationary_points stops studies tables terminal verdicts verdicts_of_loops
    verdicts_of_points
"""
TOPICS: tuple[ModuleType, ...] = tuple(
    import_module(f"steepest.wording.{name}") for name in _FILES.split()
)


def sentences_of(topic: ModuleType) -> dict[str, Callable[..., str]]:
    """The public functions that a file defines, under the kinds that they are named after."""
    return {
        name.replace("_", " "): function
        for name, function in vars(topic).items()
        if isfunction(function) and function.__module__ == topic.__name__ and name[0] != "_"
    }


def templates_of(topic: ModuleType) -> dict[str, str]:
    """The sentences of a file that are templates, by their kinds: see `template.filled`."""
    return dict(getattr(topic, "TEMPLATES", {}))


SENTENCES: Mapping[str, Callable[..., str]] = MappingProxyType(
    {kind: partial(filled, text) for topic in TOPICS for kind, text in templates_of(topic).items()}
    | {kind: sentence for topic in TOPICS for kind, sentence in sentences_of(topic).items()}
)
