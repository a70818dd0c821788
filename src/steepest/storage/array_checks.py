"""What the arrays of a file must be like: one that is not so is named."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.errors import StorageError
from steepest.translation import say

Arrays: TypeAlias = Mapping[str, NDArray[Any]]


def floats(
    arrays: Arrays, name: str, shape: tuple[int, ...], *, below: float | None = None
) -> NDArray[np.float64]:
    """The array of that name, if it is of float64 and has that shape; -1 is any length.

    `below` is what its numbers are below in size; None for any, nan and infinities too.

    Raises StorageError that names it.

    >>> floats({"step": np.ones(2)}, "step", (3,))
    Traceback (most recent call last):
    steepest.errors.StorageError: array step is damaged: expected float64 (3,), got float64 (2,)
    """
    found = numbers(arrays, name, shape, np.float64)
    if below is not None and not (np.abs(found) < below).all():
        size = (
            say("finite numbers")
            if np.isinf(below)
            else say("numbers below {below:g} in size", below=below)
        )
        raise StorageError("array {name} is damaged: expected {size}", name=name, size=size)
    return found


def numbers(arrays: Arrays, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """The same for another type of numbers."""
    array = arrays.get(name)
    if array is None:
        raise StorageError("array {name} is missing", name=name)
    fits = len(shape) == array.ndim and all(
        wanted in (-1, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if array.dtype != dtype or not fits:
        wanted = str(shape).replace("-1", "n")
        raise StorageError(
            "array {name} is damaged: expected {dtype} {wanted}, got {dtype_2} {shape}",
            name=name,
            dtype=np.dtype(dtype),
            wanted=wanted,
            dtype_2=array.dtype,
            shape=array.shape,
        )
    return array
