"""Sample tables by name: the lessons' tables, and others whose rule is known.

- three-points: y = 2x on x = 1, 2, 3
- slope-only: y = −3x on x = arange(−3, 3, 0.1)
- slope-and-bias: y = x − 1 on the same x
- uniform-line (rows, seed): y = 3x + 0.8, x uniform on (0, 1), from NumPy's generator
- noisy-line (slope, intercept, sigma, outliers, rows, seed): y = slope·x + intercept + σ·noise,
  x uniform on (0, 10); outliers lie 10 to 20 σ too high
- badly-scaled (sigma, rows, seed): five features that weigh alike, of deviations 1e-6 to 1e6
- collinear (gap, sigma, rows, seed): y = x1 + 2 x2 + 3 x3 + σ·noise, where x2 = x1 + gap·noise
- two-classes (separation, rows, seed): labels 0 and 1 of two normal clouds, `separation` apart
- counts (slope, intercept, rows, seed): y is Poisson with mean exp(slope·x + intercept), x uniform
  on (−2, 2)

The target of each is `y`. Where a table can be given, its text will do too:
`steepest fit sample:noisy-line,sigma=0.5,seed=3`.

>>> import steepest
>>> line = steepest.samples.table("noisy-line", slope=2, intercept=1, sigma=0)
>>> {name: round(value, 6) for name, value in steepest.fit(line).coefficients.items()}
{'x': 2.0}
>>> steepest.fit("sample:three-points", intercept=False).rows
3
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from numbers import Real
from typing import TYPE_CHECKING, Any, final

import numpy as np

from steepest.arrays import Array, Floats
from steepest.errors import InputError, check_known, nearest
from steepest.tables.from_arrays import ArrayTable
from steepest.tables.sample_recipes import RECIPES, TARGET
from steepest.tables.table import Table
from steepest.translation import joined, say, translated
from steepest.wording.fact import fact, phrase

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["SampleTable", "names", "table"]

PREFIX = "sample:"
MOST_ROWS = 10_000_000
_LARGEST = 1e100  # a product of two is still a number
_SIGNED = ("slope", "intercept")
_MOST = {"rows": MOST_ROWS, "outliers": MOST_ROWS, "seed": 2**63 - 1}  # the whole numbers
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@final
@dataclass(frozen=True, eq=False)
class SampleTable:
    """A sample table: what `table` returns and `steepest.fit` takes.

    - `columns`: each column's values (n,) by name, the target last: float64, but int64
      for labels and counts
    - `target`: the name of the target; `options`: every option by name

    >>> sample = table("three-points")
    >>> sample.columns["y"].tolist(), sample.source, sample.rule
    ([2.0, 4.0, 6.0], 'sample:three-points', 'y = 2x')
    """

    name: str
    options: Mapping[str, float]
    columns: Mapping[str, Array]
    target: str

    @property
    def rule(self) -> str:
        """How the target follows from the features, in words."""
        return phrase("rule of sample", name=self.name, options=self.options)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all columns but the target."""
        return tuple(name for name in self.columns if name != self.target)

    @property
    def source(self) -> str:
        """The text that names this table; options with their usual value are left out."""
        usual = signature(RECIPES[self.name]).parameters
        given = [
            f"{name}={_written(value)}"
            for name, value in self.options.items()
            if value != usual[name].default
        ]
        return PREFIX + ",".join([self.name, *given])

    def to_arrays(self) -> tuple[Floats, Array]:
        """Features (n, p) in float64, and target (n,).

        >>> features, target = table("badly-scaled", rows=10).to_arrays()
        >>> features.shape, target.shape
        ((10, 5), (10,))
        """
        features = [self.columns[name] for name in self.features]
        return np.column_stack(features).astype(np.float64), self.columns[self.target]

    def to_arrow(self) -> "pyarrow.Table":
        """The columns as a PyArrow table."""
        import pyarrow

        return pyarrow.table(dict(self.columns))

    def to_pandas(self) -> "pandas.DataFrame":
        """The columns as a pandas DataFrame; pandas must be installed."""
        import pandas

        return pandas.DataFrame(dict(self.columns))


def names() -> tuple[str, ...]:
    """The names of all sample tables.

    >>> names()[:4]
    ('three-points', 'slope-only', 'slope-and-bias', 'uniform-line')
    """
    return tuple(RECIPES)


def listing() -> str:
    """What to type for each sample table with its options, and its rule, a line for each.

    >>> print(listing().splitlines()[0])
    sample:three-points  y = 2x
    """
    lines = {}
    for name, recipe in RECIPES.items():
        options = [
            f"{each.name}={_written(each.default)}"
            for each in signature(recipe).parameters.values()
        ]
        lines[PREFIX + ",".join([name, *options])] = table(name).rule
    return "\n".join(f"{text}  {rule}" for text, rule in lines.items())


def table(name: str, **options: float) -> SampleTable:
    """The sample table of that name; the same options and seed give the same rows.

    Raises InputError for an unknown name or option, and for a value out of its range: `rows` is 1
    to 10 million; `seed` and `outliers` are whole numbers, too; only slope and intercept may be
    negative.

    >>> sample = table("noisy-line", slope=-1, sigma=0.5, rows=5, seed=3)
    >>> sample.source
    'sample:noisy-line,slope=-1,sigma=0.5,rows=5,seed=3'
    >>> len(sample.columns["x"])
    5
    """
    check_known(name, RECIPES, "there is no sample table {name!r}; there are {known}.")
    known = signature(RECIPES[name]).parameters
    for option in options:
        if option not in known:
            has = joined(known) or translated("none")
            offered = nearest(option, known)
            raise InputError(
                "{PREFIX}{name} has no option {option!r}; its options: {has}.{offered}",
                PREFIX=PREFIX,
                name=name,
                option=option,
                has=has,
                offered=offered,
            )
    full = {
        option: _checked(name, option, options.get(option, parameter.default))
        for option, parameter in known.items()
    }
    return SampleTable(name, full, RECIPES[name](**full), TARGET)


def as_sample(source: object) -> SampleTable | None:
    """The sample table that a source is, or that its text `sample:…` names; None for all others.

    >>> sample = as_sample("sample:noisy-line,rows=1e3")
    >>> sample.options["rows"]
    1000
    """
    if isinstance(source, SampleTable):
        return source
    if not (isinstance(source, str) and source.startswith(PREFIX)):
        return None
    name, *parts = (part.strip() for part in source.removeprefix(PREFIX).split(","))
    if not name:
        raise InputError(
            "{PREFIX} is followed by a name: {known}", PREFIX=PREFIX, known=joined(RECIPES)
        )
    options: dict[str, float] = {}
    for part in parts:
        option, value = _option(name, part)
        if option in options:
            raise InputError(
                "{PREFIX}{name}: {option} is given twice; leave one out",
                PREFIX=PREFIX,
                name=name,
                option=option,
            )
        options[option] = value
    return table(name, **options)


def open_sample(sample: SampleTable) -> Table:
    """The rows of a sample table, to be streamed."""
    rows = len(sample.columns[sample.target])
    opened = ArrayTable(np.empty((rows, 0)), [], sample.columns)
    opened.summary = fact("sample table", source=sample.source, rule=sample.rule)
    return opened


def _option(name: str, text: str) -> tuple[str, float]:
    option, equals, value = (part.strip() for part in text.partition("="))
    if not (option and equals):
        raise InputError(
            "{PREFIX}{name}: {text!r} is no option; write, for example, {PREFIX}{name},seed=3",
            PREFIX=PREFIX,
            name=name,
            text=text,
        )
    if not _NUMBER.fullmatch(value):
        raise InputError(
            "{PREFIX}{name}: {option} is {value!r}; give a number",
            PREFIX=PREFIX,
            name=name,
            option=option,
            value=value,
        )
    return option, int(value) if value.isdigit() and len(value) < 20 else float(value)


def _checked(name: str, option: str, value: Any) -> float:
    """The value, whole where the option is; InputError where it is out of range."""
    least = -_LARGEST if option in _SIGNED else 1 if option == "rows" else 0
    most = _MOST.get(option, _LARGEST)
    number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    fits = number and least <= value <= most
    if option not in _MOST:
        if fits:
            return float(value)
        range_ = "a number" if option in _SIGNED else say("a number that is not negative")
        raise InputError(
            "{PREFIX}{name}: {option} is {value!r}; give {range}, at most 1e100",
            PREFIX=PREFIX,
            name=name,
            option=option,
            value=value,
            range=range_,
        )
    if fits and value == int(value):
        return int(value)
    raise InputError(
        "{PREFIX}{name}: {option} is {value!r}; give a whole number from {least} to {most:,}",
        PREFIX=PREFIX,
        name=name,
        option=option,
        value=value,
        least=least,
        most=most,
    )


def _written(value: float) -> str:
    return repr(value).removesuffix(".0")
