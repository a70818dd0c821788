"""Classes: the labels that stand for them in the user's rows, and the numbers that losses take."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.errors import InputError, StorageError, listed
from steepest.losses import Loss, Multinomial
from steepest.losses.two_classes import TwoClasses
from steepest.models.options import Settings
from steepest.tables.column_encoding import Encoding
from steepest.tables.table import Column, Columns, RawBlock, Table, TableView
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import first_few

if TYPE_CHECKING:
    from steepest.models.file_schema import LabelsData

Label: TypeAlias = str | float
T = TypeVar("T")
Kind: TypeAlias = Literal["text", "number", "boolean"]

MOST_CLASSES = 1000
# More different numbers than this, most of them no whole ones, are no classes.
_FEW = 20


def is_of_classes(loss: Loss) -> bool:
    """Whether the target of this loss is a class."""
    return isinstance(loss, TwoClasses | Multinomial)


@final
@dataclass(frozen=True)
class Labels:
    """The classes 0, 1, … in order: their labels, as the target held them.

    >>> labels = Labels("text", ("cat", "dog"))
    >>> labels.of(np.array([1, 0])).tolist(), labels.names
    (['dog', 'cat'], ('cat', 'dog'))
    """

    kind: Kind
    values: tuple[Label, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels in words."""
        if self.kind == "text":
            return tuple(map(str, self.values))
        if self.kind == "boolean":
            return tuple(str(bool(value)) for value in self.values)
        return tuple(repr(float(value)).removesuffix(".0") for value in self.values)

    @property
    def held(self) -> list[Any]:
        """The labels as the target holds them."""
        held: list[Any] = self.of(np.arange(len(self.values))).tolist()
        return held

    def of(self, codes: NDArray[Any]) -> Array:
        """The label of each class number, an array of the target's type; −1 is None, or nan."""
        known = codes >= 0
        whole = self.kind == "number" and all(float(value).is_integer() for value in self.values)
        types: Mapping[Kind, Any] = {"text": str, "boolean": bool, "number": float}
        if not known.all():
            types = {"text": object, "boolean": object, "number": float}
            whole = False
        table = np.array([*self.values, np.nan if self.kind == "number" else None], dtype=object)
        labels: Array = table[codes].astype(np.int64 if whole else types[self.kind])
        return labels

    def codes(self, target: Array) -> Floats:
        """The class number of each label that is a number."""
        if self.values == (0, 1):
            return np.asarray(target, dtype=np.float64)
        values = np.array(self.values, dtype=np.float64)
        order = np.argsort(values)
        places = np.searchsorted(values, target, sorter=order)
        return order[np.minimum(places, len(order) - 1)].astype(np.float64)

    def only(self, codes: Floats) -> "tuple[Labels, Floats]":
        """The labels that have rows, and the class numbers among them."""
        present = np.unique(codes).astype(np.intp)
        if len(present) == len(self.values):
            return self, codes
        kept = replace(self, values=tuple(self.values[i] for i in present))
        return kept, np.searchsorted(present, codes).astype(np.float64)

    def with_positive(self, label: object, target: str) -> "Labels":
        """Two labels of which this is the second, which counts as 1; None leaves them as they are.

        >>> Labels("number", (1.0, 2.0)).with_positive("1", "y").names
        ('2', '1')
        """
        if label is None:
            return self
        names, asked = self.names, self._as_named(label)
        if asked not in names:
            # Labels stand between quotes: blanks belong to them.
            there = listed([repr(name) for name in names])
            raise InputError(
                "positive_class is {label!r}, which the target {target!r} does not hold; its "
                "classes are {there}",
                label=label,
                target=target,
                there=there,
            )
        if len(names) > 2:
            raise InputError(
                "positive_class={label!r} chooses one of two classes, and the target "
                "{target!r} has {count}; leave it out",
                label=label,
                target=target,
                count=len(names),
            )
        return self if asked == names[1] else replace(self, values=self.values[::-1])

    def _as_named(self, label: object) -> str:
        """How `names` writes a label, which the command line gives as text."""
        text = str(label)
        if self.kind == "text":
            return text
        text = {"true": "1", "false": "0"}.get(text.lower(), text)
        with suppress(ValueError):
            number = float(text)
            known = [float(value) for value in self.values]
            return self.names[known.index(number)]
        return text

    def check(self, loss: Loss, target: str) -> None:
        """Raise InputError where the loss cannot tell so few or so many classes apart."""
        names, count = self.names, len(self.values)
        if count < 2:
            raise InputError(
                "the target {target!r} holds one class only, {names}: {name} loss needs rows "
                "of two",
                target=target,
                names=names[0],
                name=loss.name,
            )
        if count > 2 and isinstance(loss, TwoClasses):
            raise InputError(
                "the target {target!r} has {count} classes ({names}), and {name} loss is for "
                "two: use multinomial loss",
                target=target,
                count=count,
                names=first_few(names),
                name=loss.name,
            )

    @staticmethod
    def of_numbers(target: Array, settings: Settings, name: str, *, boolean: bool) -> "Labels":
        """The labels of a target of numbers. Raises InputError for numbers that are no classes."""
        if not len(target):
            raise _no_values(name)
        found = _distinct(target)
        whole = bool((found == np.floor(found)).all())
        if len(found) > (MOST_CLASSES if whole else _FEW):
            raise InputError(
                "the target {name!r} has {count} different values, from {found:g} to "
                "{found_2:g}: these are no classes. For a number use a regression loss, such "
                "as squared or huber",
                name=name,
                count=len(found),
                found=found[0],
                found_2=found[-1],
            )
        labels = Labels("boolean" if boolean else "number", tuple(found.tolist()))
        labels.check(settings.loss, name)
        return labels.with_positive(settings.positive_class, name)

    @staticmethod
    def of_text(levels: Sequence[str], settings: Settings, name: str) -> "Labels":
        """The labels of a target of text, from its levels."""
        if not levels:
            raise _no_values(name)
        if len(levels) > MOST_CLASSES:
            raise InputError(
                "the target {name!r} is text with more than {MOST_CLASSES} different values, "
                "for example {levels!r}: these are no classes; group them first",
                name=name,
                MOST_CLASSES=MOST_CLASSES,
                levels=levels[0],
            )
        labels = Labels("text", tuple(levels))
        labels.check(settings.loss, name)
        return labels.with_positive(settings.positive_class, name)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file."""
        return {"kind": self.kind, "values": list(self.values)}

    @staticmethod
    def from_json(data: "LabelsData") -> "Labels":
        """The labels that `to_json` described. Raises StorageError for what cannot be labels."""
        kind, values = data["kind"], data["values"]
        wanted = str if kind == "text" else (bool, float, int)
        fits = all(isinstance(value, wanted) for value in values)
        if not fits or len(values) < 2 or len(set(values)) < len(values):
            raise StorageError("field labels.values is damaged: expected distinct ones")
        return Labels(kind, tuple(values))


def _no_values(name: str) -> InputError:
    return InputError("the target {name!r} has no values: all of them are missing", name=name)


def _distinct(target: Array) -> Array:
    """The different values, rising; where there are two no row is sorted."""
    ends = np.array([target.min(), target.max()])
    two = bool(((target == ends[0]) | (target == ends[1])).all())
    return np.unique(ends if two else target)


def labels_note(labels: Labels | None, encoding: Encoding) -> list[Fact]:
    """What was made of a target of classes."""
    if labels is None:
        return []
    return [fact("classes of target", target=encoding.target or "y", names=labels.names)]


@final
@dataclass(frozen=True, eq=False)
class CodedTarget:
    """A target that was handed in as text: class numbers (n,), under the name it had."""

    codes: Floats
    name: str | None
    index: object = None  # the labels of its rows, where pandas keeps some

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.codes


def code_target(target: object, settings: Settings) -> tuple[object, Labels | None]:
    """A target that holds text as class numbers, and its labels; any other as it is."""
    if isinstance(target, str) or target is None or hasattr(target, "detach"):
        return target, None
    try:
        values = np.asarray(target)
    except (ValueError, TypeError):
        return target, None
    name = getattr(target, "name", None)
    name = name if isinstance(name, str) and name else None
    texts = values.reshape(-1).tolist() if values.dtype.kind in "UO" else []
    if not any(isinstance(text, str) for text in texts):
        return target, None
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                "the target holds text, and {text!r} at row {row} (index {row_2}): use text "
                "only; as a column of a DataFrame it may miss values, with missing set to "
                "drop",
                text=text,
                row=row + 1,
                row_2=row,
            )
    labels = Labels.of_text(sorted(set(texts)), settings, name or "y")
    return CodedTarget(_codes(texts, labels.values), name, getattr(target, "index", None)), labels


@final
class CodedTable(TableView):
    """A table whose target of text reads as class numbers."""

    def __init__(self, table: Table, target: str, labels: Labels) -> None:
        self._target, self._labels = target, labels
        super().__init__(table, with_number(table, target))

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return map(self._coded, self.inner.blocks(names, rows))

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        raw = self.inner.first(names, rows)
        return None if raw is None else self._coded(raw)

    def over(self, names: Sequence[str], work: Callable[[Table], T]) -> Iterator[T]:
        return self.inner.over(names, partial(_of_coded, work, self._target, self._labels))

    def _coded(self, raw: RawBlock) -> RawBlock:
        columns = dict(raw.columns)
        if self._target in columns:
            texts = columns[self._target].tolist()
            columns[self._target] = _codes(texts, self._labels.values)
        return replace(raw, columns=columns)


def with_number(table: Columns, target: str) -> tuple[Column, ...]:
    """The columns of a table, whose target shall read as a number."""
    return tuple(
        replace(column, kind="number") if column.name == target else column
        for column in table.columns
    )


def _of_coded(work: Callable[[Table], T], target: str, labels: Labels, table: Table) -> T:
    return work(CodedTable(table, target, labels))


def _codes(texts: Sequence[Any], labels: Sequence[Label]) -> Floats:
    places = {label: float(place) for place, label in enumerate(labels)}
    return np.array([places.get(text, 0.0) for text in texts])
