"""What an engine complains of, in one line."""

from collections.abc import Iterable, Iterator
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
    "ConnectionRefusedError",
    "stopped SparkContext",
    "SparkContext was shut down",
    "SparkContext is stopped",
    "Master removed our application",
    "All masters are unresponsive",
    "Timed out trying to connect",
)
_said: set[tuple[str, str]] = set()


class Missing(NamedTuple):
    """Workers of an engine lack a package."""

    engine: str
    package: str


def say_once(missing: Missing, cluster: str) -> None:
    """Warn, once for a cluster, that its workers lack the package."""
    if (missing.engine, cluster) not in _said:
        _said.add((missing.engine, cluster))
        line = "pip install steepest"
        warn(phrase("workers lack the package", engine=missing.engine, line=line), stacklevel=2)


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
