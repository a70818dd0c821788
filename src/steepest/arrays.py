"""The types of arrays, defined once, and what is checked of every array."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether it is float32 or float64 in this machine's byte order: used as it lies."""
    return dtype.kind == "f" and dtype.isnative and dtype.itemsize in (4, 8)


def native(values: Array) -> Array:
    """Half and extended precision, and foreign byte orders, in a width that is computed with."""
    if values.dtype.kind == "f" and not is_float(values.dtype):
        return values.astype(np.float32 if values.dtype.itemsize <= 4 else np.float64)
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


def require_length(name: str, values: Array, count: int) -> None:
    """Refuse a column whose length is not that of the features."""
    if len(values) != count:
        raise InputError(
            "features have {count: row} but {name!r} has {count_2}; give both the same length",
            count=count,
            name=name,
            count_2=len(values),
        )


def read_only(values: Array) -> Array:
    """A view that cannot be written to. Compiled code takes those: what can be written to would be
    another type to it, for which it is compiled once more.
    """
    view = values.view()
    view.flags.writeable = False
    return view


def principal(matrix: Floats, chosen: Integers | Booleans) -> Floats:
    """The rows and columns (k, k) of a matrix (d, d) that are `chosen`, by index or by a mask (d,).
    Indexing with `np.ix_` takes five times as long.

    >>> principal(np.arange(9.0).reshape(3, 3), np.array([True, False, True]))
    array([[0., 2.],
           [6., 8.]])
    """
    index = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
    return matrix.take(index, 0).take(index, 1)


def array_of_tensor(tensor: Any, what: str) -> Array:
    """Any tensor's values: gradients left behind, other devices copied from, bfloat16 widened,
    quantised numbers as what they stand for.

    Raises InputError for a tensor that holds no values, or not one for each place.
    """
    plain = tensor.detach()
    if getattr(plain, "is_nested", False):
        raise InputError(
            "{what} is a nested tensor, whose rows differ in length; make it a plain one first, "
            "with torch.nested.to_padded_tensor",
            what=what,
        )
    if str(getattr(plain, "layout", "torch.strided")) != "torch.strided":
        raise InputError(
            "{what} is a sparse tensor; make it dense first, with .to_dense()", what=what
        )
    if getattr(plain, "is_meta", False):
        raise InputError(
            "{what} is a tensor of the device 'meta', which holds no values", what=what
        )
    if getattr(plain, "is_quantized", False):
        plain = plain.dequantize()
    plain = plain.cpu()
    for made in ("resolve_conj", "resolve_neg"):  # signs that stand to be applied
        plain = getattr(plain, made, lambda same=plain: same)()
    try:
        return np.asarray(plain)
    except TypeError:  # NumPy has no bfloat16; float32 holds every one of its values
        return np.asarray(plain.float())
