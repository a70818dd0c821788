"""`lab=True` of functions that make a run."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from steepest.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")


def followed(kind: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Gives a function that has a `progress` and a `lab` argument a page that follows it."""

    def give(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            if not checked(kwargs.get("lab", False)):
                return function(*args, **kwargs)
            from steepest.api.lab_feed import LabFeed

            feed = LabFeed(kind)
            given: Any = kwargs.get("progress")
            kwargs["progress"] = feed.of_fit(given) if kind == "fit" else feed.of_steps(given)
            with feed:
                result = function(*args, **kwargs)
                feed.finish(result)
            return result

        return wrapped

    return give


def checked(lab: object) -> bool:
    """Raises InputError for what is neither True nor False."""
    if not isinstance(lab, bool):
        raise InputError("lab is True or False, not {lab!r}", lab=lab)
    return lab
