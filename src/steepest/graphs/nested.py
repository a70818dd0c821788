"""Values inside tuples, lists and dictionaries, as torch's functions take and give them."""

from collections.abc import Callable, Iterator
from typing import Any


def replaced(value: Any, kind: type, function: Callable[[Any], Any]) -> Any:
    """The value with everything of one kind replaced; what holds none of it stays itself.

    >>> replaced((1, [2.0, {"a": 3.0}], "x"), float, lambda one: -one)
    (1, [-2.0, {'a': -3.0}], 'x')
    """
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, dict):
        return {key: replaced(item, kind, function) for key, item in value.items()}
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        return slice(*replaced(ends, kind, function))
    if not isinstance(value, tuple | list):
        return value
    items = [replaced(item, kind, function) for item in value]
    if isinstance(value, list):
        return items
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def instances(value: Any, kind: type) -> Iterator[Any]:
    """Everything of one kind, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        yield from instances(tuple(value.values()), kind)
    elif isinstance(value, slice):
        yield from instances((value.start, value.stop, value.step), kind)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from instances(item, kind)
