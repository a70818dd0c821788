"""What an engine complains of, in one line."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar
from warnings import warn

from steepest.errors import InputError
from steepest.wording.fact import phrase

T = TypeVar("T")
# What tells that the other end is gone, by the type of the error or in its text.
_GONE = (
    "CommClosedError",
    "CancelledError",
    "FutureCancelledError",
    "Py4JNetworkError",
    "Py4JError An error",  # nobody answered; an error in Java is of another type
    "ConnectionRefusedError",
    "stopped SparkContext",
    "SparkContext was shut down",
    "SparkContext is stopped",
    "Master removed our application",
    "All masters are unresponsive",
    "Timed out trying to connect",
)
# What a worker says that lacks this package.
_LINE = "pip install steepest"
_LACKS = "No module named 'steepest'"
_said: set[tuple[str, str]] = set()


class Missing(NamedTuple):
    """Workers of an engine lack a package."""

    engine: str
    package: str


def say_once(missing: Missing, cluster: str) -> None:
    """Warn, once for a cluster, that its workers lack the package."""
    if (missing.engine, cluster) not in _said:
        _said.add((missing.engine, cluster))
        warn(phrase("workers lack the package", engine=missing.engine, line=_LINE), stacklevel=2)


def engine_error(engine: str, problem: BaseException) -> InputError:
    """What became of a query or a pass."""
    message = " ".join(str(problem).split()) or type(problem).__name__
    kinds = f"{type(problem).__name__} {message}"
    if "KilledWorker" in kinds:
        return InputError(
            "{engine}: workers died again and again on the same partition, most often for want of "
            "memory ({message}); give them more, or repartition the frame into smaller parts",
            engine=engine,
            message=message[:120],
        )
    if _LACKS in kinds:
        return InputError(
            "the workers of {engine} lack steepest; install it there: {line}",
            engine=engine,
            line=_LINE,
        )
    if any(sign in kinds for sign in _GONE):
        return InputError(
            "{engine}: its scheduler or driver is gone ({message}); start it again, make the frame "
            "anew and repeat the fit",
            engine=engine,
            message=message[:120],
        )
    return InputError(
        "{engine} could not compute the lazy frame: {message}; correct the frame",
        engine=engine,
        message=message[:200],
    )


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """A package's log says nothing meanwhile: what it tells of is raised too."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def heard(engine: str, items: Iterable[T]) -> Iterator[T]:
    """The items, which an engine computes; what it complains of is one line."""
    iterator = iter(items)
    while True:
        try:
            item = next(iterator)
        except StopIteration:
            return
        except InputError:
            raise
        except Exception as problem:
            raise engine_error(engine, problem) from problem
        yield item
