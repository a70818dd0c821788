"""Arrow batches as NumPy arrays: views of the same memory, cut into blocks of one size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from steepest.arrays import Array
from steepest.tables.table import RawBlock


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
    batches: Iterable[pa.RecordBatch], names: Sequence[str], rows: int
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


def values_of(array: pa.Array) -> tuple[Array, NDArray[np.bool_] | None]:
    """A column's values and, where it has NULLs, the mask of them; a NULL's value is arbitrary.

    >>> values_of(pa.array([1.5, None, 2.5]))[1]
    array([False,  True, False])
    """
    mask = _view(array.is_null()) if array.null_count else None
    if pa.types.is_string(array.type):
        return np.array(array.to_pylist(), dtype=object), mask
    if mask is not None:  # the same memory, its NULLs no longer marked
        buffers = [None, array.buffers()[1]]
        array = pa.Array.from_buffers(array.type, len(array), buffers, offset=array.offset)
    return _view(array), mask


def _view(array: pa.Array) -> Array:
    # Not `to_numpy`: it imports pandas wherever that is installed, which takes a while.
    if pa.types.is_boolean(array.type):
        return np.from_dlpack(array.cast(pa.uint8())).view(np.bool_)
    view: Array = np.from_dlpack(array)
    return view


def _piece(batch: pa.RecordBatch, names: Sequence[str]) -> _Piece:
    columns: dict[str, Array] = {}
    missing: dict[str, NDArray[np.bool_]] = {}
    for position, name in enumerate(names):
        columns[name], mask = values_of(batch.column(position))
        if mask is not None:
            missing[name] = mask
    return _Piece(columns, missing)


def _joined(pieces: Sequence[_Piece], start: int) -> RawBlock:
    if len(pieces) == 1:
        return RawBlock(start=start, columns=pieces[0].columns, missing=pieces[0].missing)
    columns = _columns(pieces)
    holed = sorted({name for piece in pieces for name in piece.missing})
    return RawBlock(
        start=start,
        columns=columns,
        missing={name: np.concatenate([_mask(piece, name) for piece in pieces]) for name in holed},
    )


def _columns(pieces: Sequence[_Piece]) -> dict[str, Array]:
    """The pieces' columns, joined. Those of a type lie in one piece of memory: small pieces would
    be given back to the system after each block, and cost more to come by again than the copying.
    """
    rows = sum(len(next(iter(piece.columns.values()))) for piece in pieces)
    types = [values.dtype for values in pieces[0].columns.values()]
    room = {kind: iter(np.empty((types.count(kind), rows), kind)) for kind in types}
    return {
        name: np.concatenate([piece.columns[name] for piece in pieces], out=next(room[kind]))
        for name, kind in zip(pieces[0].columns, types, strict=True)
    }


def _mask(piece: _Piece, name: str) -> NDArray[np.bool_]:
    mask = piece.missing.get(name)
    return np.zeros(len(piece.columns[name]), np.bool_) if mask is None else mask
