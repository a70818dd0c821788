"""Arrow batches as NumPy arrays: views of the same memory, cut into blocks of one size."""

import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from arro3.core import Array as ArrowArray
from arro3.core import RecordBatch
from numpy.typing import NDArray

from steepest.rows.table import Array, RawBlock

_NUMBERS = {
    "Int8": np.int8,
    "Int16": np.int16,
    "Int32": np.int32,
    "Int64": np.int64,
    "UInt8": np.uint8,
    "UInt16": np.uint16,
    "UInt32": np.uint32,
    "UInt64": np.uint64,
    "Float32": np.float32,
    "Float64": np.float64,
}


class _Layout(ctypes.Structure):
    """The head of `struct ArrowArray`, as the Arrow C data interface fixes it."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    )


_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = (ctypes.py_object, ctypes.c_char_p)


@final
class _Memory:
    """A stretch of somebody else's memory; an array made from it keeps the owner alive."""

    def __init__(self, address: int, count: int, dtype: np.dtype[Any], owner: object) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, True),
            "shape": (count,),
            "typestr": dtype.str,
        }


@final
@dataclass(frozen=True)
class _Piece:
    columns: Mapping[str, Array]
    missing: Mapping[str, NDArray[np.bool_]]

    def cut(self, start: int, stop: int) -> "_Piece":
        part = slice(start, stop)
        return _Piece(
            {name: values[part] for name, values in self.columns.items()},
            {name: mask[part] for name, mask in self.missing.items() if mask[part].any()},
        )


def raw_blocks(
    batches: Iterable[RecordBatch], names: Sequence[str], rows: int
) -> Iterator[RawBlock]:
    """Batches of any size as blocks of exactly `rows` rows, the last of which may be shorter.

    A block that lies within one batch is a view of it; only one that spans several is copied.
    """
    pieces: list[_Piece] = []
    held = start = 0
    for batch in batches:
        piece = _piece(batch, names)
        done = 0
        while done < batch.num_rows:
            taken = min(rows - held, batch.num_rows - done)
            pieces.append(piece.cut(done, done + taken))
            held, done = held + taken, done + taken
            if held == rows:
                yield _joined(pieces, start)
                pieces, start, held = [], start + rows, 0
    if pieces:
        yield _joined(pieces, start)


def values_of(array: ArrowArray) -> tuple[Array, NDArray[np.bool_] | None]:
    """A column's values and, where it has NULLs, the mask of them; a NULL's value is arbitrary.

    >>> values_of(ArrowArray.from_numpy(np.array([1.5, 2.5])))
    (array([1.5, 2.5]), None)
    """
    kind = str(array.type).strip().removeprefix("arro3.core.DataType<").removesuffix(">")
    if kind == "Utf8":
        return _texts(array)
    _, capsule = array.__arrow_c_array__()
    layout = _Layout.from_address(_pointer_of(capsule, b"arrow_array"))
    mask = None
    if layout.null_count and layout.buffers[0]:
        mask = ~_bits(layout, 0, capsule)
    if not layout.length:
        return np.empty(0, _NUMBERS.get(kind, np.bool_)), None
    if kind == "Boolean":
        return _bits(layout, 1, capsule), mask
    dtype = np.dtype(_NUMBERS[kind])
    address = int(layout.buffers[1] or 0) + layout.offset * dtype.itemsize
    return np.asarray(_Memory(address, layout.length, dtype, capsule)), mask


def _piece(batch: RecordBatch, names: Sequence[str]) -> _Piece:
    columns: dict[str, Array] = {}
    missing: dict[str, NDArray[np.bool_]] = {}
    for position, name in enumerate(names):
        columns[name], mask = values_of(batch.column(position))
        if mask is not None:
            missing[name] = mask
    return _Piece(columns, missing)


def _bits(layout: _Layout, buffer: int, owner: object) -> NDArray[np.bool_]:
    stop = layout.offset + layout.length
    address = int(layout.buffers[buffer] or 0)
    packed = np.asarray(_Memory(address, (stop + 7) // 8, np.dtype(np.uint8), owner))
    bits = np.unpackbits(packed, count=stop, bitorder="little")
    return bits[layout.offset :].view(np.bool_)


def _texts(array: ArrowArray) -> tuple[Array, NDArray[np.bool_] | None]:
    if not array.null_count:
        return np.asarray(array.to_numpy(), dtype=object), None
    values = np.array(array.to_pylist(), dtype=object)
    return values, np.array([value is None for value in values], np.bool_)


def _joined(pieces: Sequence[_Piece], start: int) -> RawBlock:
    if len(pieces) == 1:
        return RawBlock(start=start, columns=pieces[0].columns, missing=pieces[0].missing)
    columns = {
        name: np.concatenate([piece.columns[name] for piece in pieces])
        for name in pieces[0].columns
    }
    holed = sorted({name for piece in pieces for name in piece.missing})
    return RawBlock(
        start=start,
        columns=columns,
        missing={name: np.concatenate([_mask(piece, name) for piece in pieces]) for name in holed},
    )


def _mask(piece: _Piece, name: str) -> NDArray[np.bool_]:
    mask = piece.missing.get(name)
    return np.zeros(len(piece.columns[name]), np.bool_) if mask is None else mask
