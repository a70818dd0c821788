"""A smooth loss of a linear model over rows that stay in their engine.

Objective and gradient at θ are sums over the rows, and one aggregate query brings them all here:

    η = Σ_j w_j (x_j − m_j)/s_j + c        Σ s ℓ(η, y)        Σ s ∂ℓ/∂η        Σ s ∂ℓ/∂η (x_j − m_j)
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Any, Literal, TypeAlias, final

import narwhals as nw
import numpy as np

from steepest.arrays import Floats
from steepest.losses import Loss, Multinomial, ScalarLoss
from steepest.losses.best_constant import Pull, balance_of
from steepest.losses.engine_columns import (
    Column,
    Stages,
    choose,
    exp,
    staged_curvature,
    staged_loss,
    staged_softmax,
    total,
)
from steepest.losses.regression import Huber, LogCosh
from steepest.losses.two_classes import TwoClasses
from steepest.penalties.penalties import L2, Penalty
from steepest.problems.engine_survey import TARGET, WEIGHT, Label, LazyRows
from steepest.problems.linear_model import LinearModel, MovedRows, SecondSums, class_names, moves
from steepest.problems.squared_loss import Reduction
from steepest.tables.blocks import Tally
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.frames.lazy_expressions import Lazy, fetch
from steepest.tables.holdout_split import Split
from steepest.wording.fact import Fact, fact

# Columns by name, of the stages, the predictors η and the target y.
Summands: TypeAlias = Callable[[Stages, list[Column], Column], dict[str, Column]]
Sums: TypeAlias = dict[str, float]
# What products of a row's columns are weighed by: its squared slopes, or μ^(2 − power).
RowProducts: TypeAlias = Literal["slopes"] | float

# Up to so many parameters their products, half the square of them, are summed in one query.
MOST_PRODUCTS = 100
# So many numbers of answers are kept.
_MOST_KEPT = 2**22


@final
@dataclass(frozen=True, eq=False)
class LazyLinearProblem(LinearModel):
    """A smooth loss over rows in DuckDB, Polars, Dask, Spark or Ibis, and a penalty.

    Each θ takes one query, which brings objective and gradient; answers are kept, so that asking
    again brings the same bits without a query. (Engines with threads do not add twice alike.)

    >>> import polars as pl
    >>> from steepest.losses import Logistic
    >>> from steepest.tables.frames.lazy import open_lazy
    >>> table = open_lazy(pl.LazyFrame({"x": [0.0, 1, 2, 3], "y": [0, 0, 1, 1]}))
    >>> problem = lazy_problem(table, Encoding.learn(table, "y"), loss=Logistic())
    >>> problem.names, round(problem.objective(np.zeros(2)), 6)
    (('x', 'intercept'), 0.693147)
    >>> problem.gradient(np.zeros(2)).round(6), problem.curvature_bound()
    (array([-0.447214,  0.      ]), 0.25)
    """

    lazy_rows: LazyRows
    answers: dict[bytes, tuple[float, Floats]] = field(default_factory=dict, init=False, repr=False)

    @property
    def rows(self) -> int:
        """How many rows are usable."""
        return self.lazy_rows.rows

    @property
    def total_weight(self) -> float:
        return self.lazy_rows.total_weight

    def _sums(self, flat: Floats) -> tuple[Floats, Floats]:
        """From one query for each θ that was not asked before."""
        answers = [self._answer(theta) for theta in flat]
        slopes = np.array([slope for _, slope in answers]).reshape(flat.shape)
        return np.array([value for value, _ in answers]), slopes

    def second_sums(self, parameters: Floats) -> SecondSums:
        """From one query. For more than 100 parameters the second derivative is nan."""
        value, slopes, products, spread = self._ask(parameters, curved=True)
        self._keep(parameters, (value, slopes))
        return SecondSums(np.array([value]), slopes[None], products, np.array(spread))

    def best_constant(self) -> float | Floats:
        return self._best_constant

    def explain(self, parameters: Floats) -> Fact:
        """The range of the rows' linear predictors at θ (d,), of which one's loss is not finite."""
        flat, _ = self._flat(parameters)
        etas = [nw.col(name) for name in self._etas]
        asked = [eta.min().alias(f"low{k}") for k, eta in enumerate(etas)]
        asked += [eta.max().alias(f"high{k}") for k, eta in enumerate(etas)]
        found = fetch(self._predicted(flat[0]).select(*asked))[0]
        low = min(_number(found[f"low{k}"]) for k in range(len(etas)))
        high = max(_number(found[f"high{k}"]) for k in range(len(etas)))
        return fact("predictors between", low=low, high=high)

    def moved_rows(self, direction: Floats, least: float) -> MovedRows | None:
        """How many rows a direction (d,) moves, from one query."""
        stages = Stages()
        etas, y = [stages.column(name) for name in self._etas], stages.column(TARGET)
        found = moves(self.loss, etas, y)
        if found is None:
            return None
        low, high = (stages.kept(side) for side in found)
        counted = {
            "forward": choose(low < -least, 0.0, choose(high > least, 1.0, 0.0)),
            "wholly": choose(low > least, 1.0, 0.0),
            "backward": choose(low < -least, 1.0, 0.0),
        }
        frame = stages.applied(self._predicted(direction), counted)
        asked = fetch(frame.select(*(nw.col(name).sum() for name in counted)))[0]
        forward, wholly, backward = (round(_number(asked[name])) for name in counted)
        return MovedRows(forward, wholly, backward, self.rows)

    def sums(self, parameters: Floats, of: Summands, key: str | None = None) -> list[Sums]:
        """Σ s·c of the columns c that `of` builds at θ (d,), beside Σ s ℓ as `loss` and Σ s as
        `weight`: one query. With a `key`, which is one of them, so for each of its values.
        """
        stages = Stages()
        built = of(stages, [stages.column(name) for name in self._etas], stages.column(TARGET))
        ones = 0.0 * stages.column(TARGET) + 1.0
        built = {**built, "loss": self._terms(stages)[0], "weight": ones}
        frame = stages.applied(self._predicted(self._flat(parameters)[0][0]), built)
        summed = [name for name in built if name != key]
        weighed = [self.lazy_rows.weighed(nw.col(name)).alias(name) for name in summed]
        asked = [nw.col(name).sum() for name in summed]
        if key is None:
            # Sums of columns that stand already: some engines group no others.
            found = fetch(frame.select(*weighed).select(*asked))
        else:
            found = fetch(frame.select(key, *weighed).group_by(key).agg(*asked))
        return [{name: _number(value) for name, value in row.items()} for row in found]

    def row_sums(
        self, parameters: Floats, kind: RowProducts, further: Summands | None = None
    ) -> tuple[Floats, Sums]:
        """Σ s² ℓ'ℓ'ᵀ x̃x̃ᵀ ("slopes") or Σ s μ^(2 − power) x̃x̃ᵀ (a power), (d, d), and Σ s c of what
        `further` builds, at θ (d,): one query. Of more than 100 parameters the first is nan.
        """
        stages = Stages()
        etas, y = [stages.column(name) for name in self._etas], stages.column(TARGET)
        _, slopes, _ = self._terms(stages)
        places = combinations_with_replacement(range(len(etas)), 2)
        if kind == "slopes":
            own = stages.column(WEIGHT) if self.lazy_rows.weighted else 1.0
            pairs = {(a, b): slopes[a] * slopes[b] * own for a, b in places}
        else:
            pairs = {(0, 0): exp((2.0 - kind) * etas[0])}
        others = {} if further is None else further(stages, etas, y)
        results = {f"curvature{a}_{b}": column for (a, b), column in pairs.items()} | others
        frame = stages.applied(self._predicted(parameters), results)
        few = len(parameters) <= MOST_PRODUCTS
        asked = self._asked_products(pairs) if few else []
        asked += [self.lazy_rows.weighed(nw.col(name)).sum().alias(name) for name in others]
        found = fetch(frame.select(*asked))[0] if asked else {}
        unknown = np.full((len(parameters), len(parameters)), math.nan)
        square = self._square(found, pairs) if few else unknown
        return square, {name: _number(found[name]) for name in others}

    def only(self, kept: Sequence[int]) -> "LazyLinearProblem":
        """The problem of some of the columns, by place."""
        width = range(self.columns, self.width)
        places = [k * self.width + i for k in range(self.predictors) for i in (*kept, *width)]
        rows = self.lazy_rows.only(kept)
        names = tuple(self.names[i] for i in places)
        return replace(self, names=names, coordinates=rows.coordinates, lazy_rows=rows)

    def of_rows(self, rows: LazyRows) -> "LazyLinearProblem":
        """The mean loss of a part of the rows, without the penalty, in the same coordinates."""
        return replace(self, lazy_rows=rows, penalty=L2(0.0))

    @property
    def _etas(self) -> list[str]:
        return [f"eta{k}" for k in range(self.predictors)]

    def _answer(self, theta: Floats) -> tuple[float, Floats]:
        """Σ s ℓ and Σ s ∂ℓ/∂θ (d,) at θ (d,)."""
        key = theta.tobytes()
        if key not in self.answers:
            value, gradient, *_ = self._ask(theta, curved=False)
            self._keep(theta, (value, gradient))
        return self.answers[key]

    def _keep(self, theta: Floats, answer: tuple[float, Floats]) -> None:
        if (len(self.answers) + 1) * len(theta) > _MOST_KEPT:
            self.answers.pop(next(iter(self.answers)))
        self.answers[theta.tobytes()] = answer

    def _ask(
        self, theta: Floats, *, curved: bool
    ) -> tuple[float, Floats, Floats, tuple[float, float]]:
        """Σ s ℓ, Σ s ∂ℓ/∂θ (d,), Σ s ∂²ℓ/∂θ² (d, d), and the sums of squared slopes and of
        curvatures, at θ (d,); the last two are nan unless they are asked for, as `curved`.
        """
        square = np.full((len(theta), len(theta)), math.nan)
        if not np.isfinite(theta).all():
            return math.nan, np.full(theta.shape, math.nan), square, (math.nan, math.nan)
        stages = Stages()
        value, slopes, curvatures = self._terms(stages)
        curved = curved and len(theta) <= MOST_PRODUCTS
        results = {"loss": value} | {f"slope{k}": slope for k, slope in enumerate(slopes)}
        if curved:
            results |= {f"curvature{a}_{b}": column for (a, b), column in curvatures.items()}
        frame = stages.applied(self._predicted(theta), results)
        weighed = self.lazy_rows.weighed
        asked = [weighed(nw.col("loss")).sum().alias("loss")]
        for k in range(self.predictors):
            slope = weighed(nw.col(f"slope{k}"))
            asked += [
                (slope * column).sum().alias(f"pull{k}_{j}")
                for j, column in enumerate(self.lazy_rows.columns)
            ]
            if self.coordinates.intercept:
                asked.append(slope.sum().alias(f"pull{k}_{self.columns}"))
            asked.append((slope * nw.col(f"slope{k}")).sum().alias(f"squares{k}"))
        if curved:
            asked += self._asked_products(curvatures)
            asked += [
                weighed(nw.col(f"curvature{k}_{k}")).sum().alias(f"bend{k}")
                for k in range(self.predictors)
            ]
        found = fetch(frame.select(*asked))[0]
        classes = range(self.predictors)
        pulls = [_number(found[f"pull{k}_{j}"]) for k in classes for j in range(self.width)]
        spread = (math.nan, math.nan)
        if curved:
            square = self._square(found, curvatures)
            spread = (
                sum(_number(found[f"squares{k}"]) for k in classes),
                sum(_number(found[f"bend{k}"]) for k in classes),
            )
        return _number(found["loss"]), self._scaled(np.array(pulls)), square, spread

    def _terms(self, stages: Stages) -> tuple[Column, list[Column], dict[tuple[int, int], Column]]:
        """The loss, its slope by each predictor, and its curvature by each pair of them."""
        if isinstance(self.loss, Multinomial):
            value, slopes, p = staged_softmax(stages, self._etas, TARGET)
            curvatures = {
                (a, b): p[a] * (1.0 - p[a]) if a == b else -p[a] * p[b]
                for a, b in combinations_with_replacement(range(len(p)), 2)
            }
            return value, slopes, curvatures
        assert isinstance(self.loss, ScalarLoss)
        value, slope = staged_loss(self.loss, stages, "eta0", TARGET)
        return value, [slope], {(0, 0): staged_curvature(self.loss, stages, "eta0", TARGET)}

    def _predicted(self, theta: Floats) -> Lazy:
        """The rows with columns eta0, eta1, … of θ (d,)."""
        etas = []
        for k, own in enumerate(theta.reshape(self.predictors, self.width)):
            shares = (own[: self.columns] / self.coordinates.spread).tolist()
            terms = [z * share for z, share in zip(self.lazy_rows.columns, shares, strict=True)]
            eta = total(terms)
            if self.coordinates.intercept:
                eta = eta + float(own[-1])
            etas.append(eta.alias(f"eta{k}"))
        return self.lazy_rows.frame.with_columns(*etas)

    def _scaled(self, sums: Floats) -> Floats:
        """Sums (…, d) with columns less their centre, in the descent's coordinates."""
        spread = np.ones(self.width)
        spread[: self.columns] = self.coordinates.spread
        return sums / np.tile(spread, sums.shape[-1] // self.width)

    def _asked_products(self, pairs: Collection[tuple[int, int]]) -> list[Any]:
        """Σ s ℓ'' xᵢxⱼ of each pair of predictors, from columns curvature0_0, …"""
        asked = []
        for a, b in pairs:
            curvature = self.lazy_rows.weighed(nw.col(f"curvature{a}_{b}"))
            asked += [
                (curvature * product).sum().alias(f"p{a}_{b}_{i}_{j}")
                for (i, j), product in self._pairs()
            ]
        return asked

    def _square(self, found: Mapping[str, Any], pairs: Collection[tuple[int, int]]) -> Floats:
        """The matrix (d, d) of what `_asked_products` asked for, in the descent's coordinates."""
        k, width = max(a for a, _ in pairs) + 1, self.width
        sums = np.zeros((k, width, k, width))
        for a, b in pairs:
            for (i, j), _ in self._pairs():
                value = _number(found[f"p{a}_{b}_{i}_{j}"])
                sums[a, i, b, j] = sums[a, j, b, i] = value
                sums[b, i, a, j] = sums[b, j, a, i] = value
        square = sums.reshape(k * width, k * width)
        return self._scaled(self._scaled(square).T)

    def _pairs(self) -> list[tuple[tuple[int, int], Any]]:
        """Products of two columns, the last of which is 1 where there is an intercept."""
        columns: list[Any] = [*self.lazy_rows.columns]
        if self.coordinates.intercept:
            columns.append(1.0)
        places = combinations_with_replacement(range(len(columns)), 2)
        return [((i, j), columns[i] * columns[j]) for i, j in places]

    @cached_property
    def largest_moment(self) -> float:
        """The largest eigenvalue of κ Σ s x̃x̃ᵀ; of many columns the sum of all, which is no less."""
        if self.width > MOST_PRODUCTS:
            intercept = self.total_weight * self.coordinates.intercept
            return self._factor * (float(self.lazy_rows.squares.sum()) + intercept)
        stages = Stages()
        one = 0.0 * stages.column(TARGET) + 1.0
        frame = stages.applied(self.lazy_rows.frame, {"curvature0_0": one})
        found = fetch(frame.select(*self._asked_products([(0, 0)])))[0]
        return self._factor * float(np.linalg.eigvalsh(self._square(found, [(0, 0)]))[-1])

    @cached_property
    def _best_constant(self) -> float | Floats:
        rows = self.lazy_rows
        if isinstance(self.loss, Huber | LogCosh):
            return balance_of(self._pull, rows.low, rows.high, rows.mean)
        if isinstance(self.loss, TwoClasses | Multinomial):
            return self.loss.start(np.arange(float(len(rows.class_weights))), rows.class_weights)
        # The others' best constant is a function of the mean.
        return self.loss.start(np.array([rows.mean]))

    def _pull(self, point: float) -> Pull:
        """What all rows say to the same predictor; one query."""
        assert isinstance(self.loss, ScalarLoss)
        stages, frame = Stages(), self.lazy_rows.frame
        frame = frame.with_columns((nw.col(TARGET) * 0.0 + point).alias("eta0"))
        _, slope = staged_loss(self.loss, stages, "eta0", TARGET)
        curvature = staged_curvature(self.loss, stages, "eta0", TARGET)
        results = {"slope": slope, "curvature": curvature, "size": np.abs(slope)}
        weighed = self.lazy_rows.weighed
        asked = [weighed(nw.col(name)).sum().alias(name) for name in results]
        found = fetch(stages.applied(frame, results).select(*asked))[0]
        return Pull(*(_number(found[name]) for name in results))


def lazy_problem(
    table: LazyFrameTable,
    encoding: Encoding,
    *,
    loss: Loss,
    penalty: Penalty | None = None,
    standardize: bool = True,
    intercept: bool = True,
    reduction: Reduction = "mean",
    classes: Sequence[Label] | None = None,
    tally: Tally | None = None,
    products: bool = False,
    split: Split | None = None,
) -> LazyLinearProblem:
    """The problem of the rows of a lazy frame, target and weights as the encoding says.

    - `classes`: what the target holds for class 0, 1, …, as `class_labels` gives it; None where it
      holds those numbers, or where the loss knows no classes
    - `tally`: is told how many rows were read, and what they lacked
    - `products`: whether the moments of the features are asked for
    - `split`: into which parts the rows are sent; None for one

    Two queries look at the rows. Raises InputError for a loss with kinks, and for values, weights
    and targets that cannot be used, named by column and counted.
    """
    posed = {"standardize": standardize, "intercept": intercept, "products": products}
    parts = split or Split()
    rows = LazyRows.of(table, encoding, loss, classes=classes, tally=tally, split=parts, **posed)
    names = encoding.names + (("intercept",) if intercept else ())
    if isinstance(loss, Multinomial):
        labels = range(len(rows.class_weights)) if classes is None else classes
        names = class_names(names, tuple(str(label) for label in labels))
    penalty = L2(0.0) if penalty is None else penalty
    return LazyLinearProblem(names, loss, penalty, rows.coordinates, reduction, rows)


def _number(value: Any) -> float:
    """A sum; of no rows it is NULL."""
    return 0.0 if value is None else float(value)
