"""The `.steepest` container of arrays.

It is a safetensors file: 8 bytes of header length, a JSON header, the arrays' bytes. Under
the metadata key `steepest` stands one JSON object: `format` (a number), `kind` ("model",
"moments", …), `sha256` of the contents, and `description`. Nothing in it is ever executed. A file
is checked by its header before anything is allocated for it, and by its checksum before it is used.
"""

import errno
import hashlib
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from steepest.errors import InputError, StorageError, cause
from steepest.storage.array_checks import Arrays
from steepest.storage.atomic_write import (
    NOT_REGULAR,
    StrPath,
    check_file_name,
    printable_name,
    write_bytes,
)
from steepest.storage.foreign_files import foreign_file
from steepest.translation import say, translated

FORMAT = 1
MOST_HEADER = 100_000_000  # safetensors' own limit
DTYPES: Mapping[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}


def write_container(
    path: StrPath, arrays: Arrays, description: Mapping[str, Any], kind: str
) -> None:
    """Write named arrays and a JSON description as one `.steepest` file, whole or not at all.

    Arrays are float64, float32, int64, int32, uint8 or bool. The description may hold numbers (nan
    and infinities too), texts, booleans, None, lists and mappings; it is read back equal, tuples as
    lists. The same contents give the same bytes. Raises OutputError where writing fails.
    """
    stored = {name: _storable(name, arrays[name]) for name in sorted(arrays)}
    text = json.dumps(_to_json(description), allow_nan=False, sort_keys=True, separators=(",", ":"))
    label = {
        "format": FORMAT,
        "kind": kind,
        "sha256": _digest(stored, kind, text),
        "description": text,
    }
    write_bytes(path, [safetensors.numpy.save(stored, {"steepest": json.dumps(label)})])


def read_container(path: StrPath, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the description of a `.steepest` file of that kind.

    Raises InputError where there is no such file to read, and StorageError where it is cut short,
    damaged, of another kind, of a newer format, or not a steepest file at all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_container(f"{folder}/a.steepest", {"w": np.ones(2)}, {"of": "x"}, "model")
    ...     read_container(f"{folder}/a.steepest", "model")
    ({'w': array([1., 1.])}, {'of': 'x'})
    """
    with _opened(path) as file:
        return _read(file, kind)


def container_kind(path: StrPath) -> str:
    """The kind of a `.steepest` file, by its header alone; raises as `read_container` does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_container(f"{folder}/a.steepest", {}, {}, "model")
    ...     container_kind(f"{folder}/a.steepest")
    'model'
    """
    with _opened(path) as file:
        return _start(file).label.kind


def prefixed(prefix: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays under names that begin so, to stand with others in one container.

    >>> list(prefixed("walk", {"indices": np.arange(3)}))
    ['walk.indices']
    """
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def parts_of(arrays: Arrays, prefix: str) -> dict[str, NDArray[Any]]:
    """The arrays that `prefixed` gave this prefix, by their own names."""
    start = f"{prefix}."
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


# --- Reading ---------------------------------------------------------------------------------


class _Damage(Exception):
    """What is wrong with a file, worded to follow its name."""


@dataclass(frozen=True)
class _Label:
    kind: str
    sha256: str
    description: str


@final
@dataclass(frozen=True)
class _Start:
    """The start of a file of `size` bytes as it was read: the label, and what describes arrays."""

    contents: bytes
    label: _Label
    arrays: dict[str, Any]
    size: int


@contextmanager
def _opened(path: StrPath) -> Iterator[BinaryIO]:
    """The file, and words for whatever is wrong with it."""
    check_file_name(path)
    try:
        with _open(path) as file:
            yield file
    except _Damage as damage:
        raise StorageError(f"{printable_name(path)} {damage}") from None
    except (OSError, ValueError) as error:
        raise InputError(
            "cannot read {path}: {error}.", path=printable_name(path), error=cause(error)
        ) from None


def _open(path: StrPath) -> BinaryIO:
    # A pipe would block and a device might never end, so what it is comes before opening it.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EISDIR if Path(path).is_dir() else errno.EINVAL, NOT_REGULAR)
    return open(path, "rb")


def _read(file: BinaryIO, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    start = _start(file)
    label = start.label
    if label.kind != kind:
        raise _Damage(
            say(
                "is a steepest file of kind {kind!r}; one of {kind_2!r} is needed.",
                kind=label.kind,
                kind_2=kind,
            )
        )
    rest = start.size - len(start.contents)
    _check_arrays(start.arrays, rest)
    arrays = _load(start.contents + file.read(rest))
    if _digest(arrays, label.kind, label.description) != label.sha256:
        raise _Damage(say("is damaged: its contents do not match its checksum."))
    return arrays, _description(label.description)


def _start(file: BinaryIO) -> _Start:
    size = os.fstat(file.fileno()).st_size
    prefix = file.read(8)
    text = file.read(_header_length(prefix, size))
    header = _header(text, prefix)
    label = _label(header.pop("__metadata__", None))
    return _Start(prefix + text, label, header, size)


def _header_length(prefix: bytes, size: int) -> int:
    if size == 0:
        raise _Damage(say("is empty, not a steepest file."))
    length = int.from_bytes(prefix, "little")
    if len(prefix) == 8 and 2 <= length <= min(size - 8, MOST_HEADER):
        return length
    if length > MOST_HEADER:
        raise _foreign(prefix) or _Damage(say("is not a steepest file: it does not begin as one."))
    raise _foreign(prefix) or _Damage(
        say(
            "is cut short or not a steepest file: it has {size: byte}, too few for the header of "
            "{length: byte} that it claims.",
            size=size,
            length=length,
        )
    )


def _foreign(start: bytes) -> _Damage | None:
    if (foreign := foreign_file(start)) is not None:
        return _Damage(
            say("is not a steepest file: it looks like {like}.", like=translated(foreign.like))
        )
    if start.decode("latin-1").replace("\n", " ").replace("\r", " ").isprintable():
        return _Damage(say("is not a steepest file: it looks like text, such as a table."))
    return None


def _header(text: bytes, prefix: bytes) -> dict[str, Any]:
    header = _parse(text)
    if isinstance(header, dict):
        return header
    raise _foreign(prefix) or _Damage(
        say("is damaged or not a steepest file: its header is not JSON.")
    )


def _parse(text: bytes | str) -> object:
    """The JSON value of a text; None where it is not JSON, or names something twice."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice")
    return result


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _label(metadata: object) -> _Label:
    text = metadata.get("steepest") if isinstance(metadata, dict) else None
    if text is None:
        raise _Damage(say("is a safetensors file, but steepest did not write it."))
    label = _parse(text) if isinstance(text, str) else None
    if not isinstance(label, dict) or not _is_index(label.get("format")):
        raise _Damage(say("is damaged: its description cannot be read."))
    if label["format"] > FORMAT:
        raise _Damage(
            say(
                "was written by a newer steepest (format {label}, this one reads up to "
                "{FORMAT}); update steepest to read it.",
                label=label["format"],
                FORMAT=FORMAT,
            )
        )
    values = [label.get(key) for key in ("kind", "sha256", "description")]
    if not all(isinstance(value, str) for value in values):
        raise _Damage(say("is damaged: its description cannot be read."))
    return _Label(label["kind"], label["sha256"], label["description"])


def _check_arrays(header: dict[str, Any], size: int) -> None:
    spans = sorted(_span(name, entry) for name, entry in header.items())
    end = 0
    for first, last in spans:
        if first != end:
            raise _Damage(say("is damaged: its arrays overlap or leave gaps."))
        end = last
    if end > size:
        raise _Damage(
            say(
                "is cut short: arrays of {end: byte} are announced, and {size: byte} found.",
                end=end,
                size=size,
            )
        )
    if end < size:
        raise _Damage(
            say("is damaged: it goes on for {size: byte} where it should end.", size=size - end)
        )


def _span(name: str, entry: object) -> tuple[int, int]:
    array = printable_name(name)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _Damage(
            say("is damaged: the header's entry for array {array} cannot be read.", array=array)
        )
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        name = printable_name(dtype)
        raise _Damage(
            say(
                "is damaged: array {array} has type {name}, which steepest does not write.",
                array=array,
                name=name,
            )
        )
    if not _are_indices(shape) or not _are_indices(offsets) or len(offsets) != 2:
        raise _Damage(
            say("is damaged: the header's entry for array {array} cannot be read.", array=array)
        )
    first, last = offsets
    if last - first != math.prod(shape) * DTYPES[dtype].itemsize or len(shape) > 32:
        raise _Damage(
            say("is damaged: array {array} has a shape that does not fit its bytes.", array=array)
        )
    return first, last


def _load(contents: bytes) -> dict[str, NDArray[Any]]:
    try:
        loaded = safetensors.numpy.load(contents)
    except (SafetensorError, ValueError, OverflowError):
        raise _Damage(say("is damaged: its arrays cannot be read.")) from None
    # Copies own their memory, aligned and writable.
    return {name: array.copy() for name, array in loaded.items()}


def _description(text: str) -> dict[str, Any]:
    try:
        description = _from_json(_parse(text))
    except RecursionError:
        description = None
    if not isinstance(description, dict):
        raise _Damage(say("is damaged: its description cannot be read."))
    return description


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62


def _are_indices(values: object) -> bool:
    return isinstance(values, list) and all(_is_index(value) for value in values)


# --- What a container holds ------------------------------------------------------------------


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    # `ascontiguousarray` would make a scalar a vector of one.
    array = np.asarray(array, order="C")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if little.dtype not in DTYPES.values():
        raise TypeError(
            say(
                "array {name!r} has dtype {dtype}, which cannot be stored",
                name=name,
                dtype=array.dtype,
            )
        )
    return little


def _digest(arrays: Arrays, kind: str, description: str) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        head = json.dumps([name, array.dtype.str, list(array.shape)])
        digest.update(head.encode() + b"\n")
        digest.update(array.tobytes())
    digest.update(json.dumps([kind, description]).encode())
    return digest.hexdigest()


_NUMBER = "$number"  # JSON has no word for nan and the infinities


def _to_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {_NUMBER: repr(value)}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_NUMBER} and value[_NUMBER] in ("nan", "inf", "-inf"):
        return float(value[_NUMBER])
    return {key: _from_json(item) for key, item in value.items()}
