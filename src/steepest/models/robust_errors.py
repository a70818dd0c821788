"""Standard errors of least squares that do not trust the residuals to be of one size: HC0 to HC3.

With residuals e, weights w, leverages h = w x̃ᵀ(XᵀWX)⁻¹x̃ and n rows, d parameters:

    cov = (XᵀWX)⁻¹ (Σ w² a e² x̃x̃ᵀ) (XᵀWX)⁻¹

with a = 1 (HC0), n/(n − d) (HC1), 1/(1 − h) (HC2), 1/(1 − h)² (HC3). See White (1980); MacKinnon
and White (1985); Long and Ervin, Using heteroscedasticity consistent standard errors (2000), who
advise HC3. t has n − d degrees of freedom, as for classical errors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.inference import (
    ErrorKind,
    Inference,
    intervals_of,
    inverse_root,
    kind_of_errors,
)
from steepest.moments.exact_residuals import WHOLLY, block_residuals
from steepest.moments.one_pass import block_rows
from steepest.moments.qr_factor import Factor
from steepest.tables.column_encoding import Block, Encoding
from steepest.tables.holdout_split import Split
from steepest.tables.table import Table
from steepest.wording.fact import fact

if TYPE_CHECKING:
    from steepest.moments.lazy_moments import EngineRows

# By which power of 1 − h a squared residual is divided.
_POWERS = MappingProxyType({"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2})
# Products of more columns than these are not asked of an engine at once.
MOST_QUERIED = 100


def with_robust_errors(fit: FitData, table: Table) -> FitData:
    """The fit of least squares with the errors that it was asked for, by one more pass over the
    rows; as it is where classical ones were asked for, or none are to be had.
    """
    return _with_errors(fit, partial(robust_errors, table, fit.encoding))


def with_queried_errors(fit: FitData, rows: "EngineRows") -> FitData:
    """The same of rows in an engine, by one more query; none for too many parameters."""
    from steepest.moments.lazy_moments import White

    line = fit.predictor
    place = {name: index for index, name in enumerate(fit.features)}

    def errors(
        factor: Factor, parameters: Floats, split: Split, chosen: Sequence[int], kind: ErrorKind
    ) -> Floats | None:
        root = _root_of(factor, parameters)
        if root is None or len(parameters) > MOST_QUERIED:
            return None
        features = len(factor.names) - 1
        columns = [place[name] for name in factor.names[:-1]]
        wide, means = np.zeros((len(place), root.shape[1])), rows.shift[:-1].copy()
        wide[columns], level = root[:features], np.zeros(root.shape[1])
        if len(parameters) > features:
            means[columns], level[-1] = factor.means[:-1], 1.0 / np.sqrt(factor.weight)
        else:
            means[columns] = 0.0
        straight = line.slopes[0], float(line.level[0]), line.centre
        middle = rows.squared_scores(straight, White(wide, means, level), _POWERS[kind])
        return None if middle is None else _errors(root, middle, factor, parameters, kind)

    return _with_errors(fit, errors)


def _with_errors(fit: FitData, errors_of: Callable[..., Floats | None]) -> FitData:
    kind = kind_of_errors(fit.loss, fit.settings.errors)
    if kind == "classical":
        return fit
    classical, reduced = fit.least_squares_inference, fit.reduced
    if classical is None or reduced is None:
        return fit
    split = fit.settings.split
    chosen = [0] if split.fraction is not None else list(range(split.parts))
    errors = errors_of(reduced.training, fit.step.parameters, split, chosen, kind)
    if errors is None:
        alone = _POWERS[kind] and len(fit.names) <= MOST_QUERIED
        return replace(fit, facts=(*fit.facts, fact("row alone"))) if alone else fit
    rounding, degrees = reduced.accuracy.errors, classical.degrees
    intervals = intervals_of(fit.names, fit.step.parameters, errors, rounding, degrees)
    found = Inference(intervals, degrees, kind, "t", classical.dispersion)
    return replace(fit, known_inference=found)


def _root_of(factor: Factor, parameters: Floats) -> Floats | None:
    return inverse_root(factor, len(parameters) >= len(factor.names))


def _errors(
    root: Floats, middle: Floats, factor: Factor, parameters: Floats, kind: ErrorKind
) -> Floats | None:
    """√diag(B M Bᵀ) (d,) of root B (d, k) and middle M (k, k); None where M is not finite."""
    if not np.isfinite(middle).all():
        return None
    scale = factor.rows / (factor.rows - len(parameters)) if kind == "HC1" else 1.0
    return np.asarray(np.sqrt(scale * ((root @ middle) * root).sum(axis=1)))


def robust_errors(
    table: Table,
    encoding: Encoding,
    factor: Factor,
    parameters: Floats,
    parts: Split,
    chosen: Sequence[int],
    kind: ErrorKind,
) -> Floats | None:
    """The standard errors (d,) of the least-squares `parameters` (d,), in the user's units, of the
    rows in the chosen parts of a split; None where they do not determine the parameters, or where a
    row that alone determines one has no error (h = 1).
    """
    features = len(factor.names) - 1
    intercept = len(parameters) > features
    root = _root_of(factor, parameters)
    if root is None:
        return None
    place = {name: index for index, name in enumerate(encoding.names)}
    columns = [place[name] for name in factor.names[:-1]]
    means, slopes = np.asarray(factor.means), parameters[:features]
    # ē, what the residuals about the means have left for the intercept.
    offset = parameters[-1] - (means[-1] - means[:-1] @ slopes) if intercept else 0.0
    centres = means if intercept else np.zeros(features + 1)
    white = _White(root, columns, centres, slopes, offset, factor.weight if intercept else None)
    work = partial(_middle, white=white, split=parts, chosen=chosen, power=_POWERS[kind])
    middle: Floats | None = np.zeros((root.shape[1], root.shape[1]))
    for found in encoding.over(table, block_rows(len(encoding.names) + 1), work):
        middle = None if middle is None or found is None else middle + found
    return None if middle is None else _errors(root, middle, factor, parameters, kind)


class _White(NamedTuple):
    """What makes of rows uncorrelated columns, by `root` (p, k), and residuals."""

    root: Floats
    columns: Sequence[int]
    centres: Floats
    slopes: Floats
    offset: float
    weight: float | None  # None without an intercept

    def of(self, block: Block) -> tuple[Floats, Floats]:
        """The columns (n, k) and the residuals (n,) of a block's rows."""
        residuals = block_residuals(block, self.columns, self.centres, self.slopes) - self.offset
        rows = np.asarray(block.features[:, self.columns], dtype=np.float64) - self.centres[:-1]
        white = rows @ self.root[: len(self.columns)]
        if self.weight is not None:
            white[:, -1] += 1.0 / np.sqrt(self.weight)
        return white, residuals


def _middle(
    blocks: Iterator[Block], white: _White, split: Split, chosen: Sequence[int], power: int
) -> Floats | None:
    """Σ w² a e² vvᵀ (k, k) of the rows in the chosen parts; None where a leverage is 1."""
    middle = np.zeros((white.root.shape[1], white.root.shape[1]))
    for block in blocks:
        weights = np.ones(len(block.features)) if block.weights is None else block.weights
        if split.parts > 1:
            weights = weights * np.isin(split.part(block.keys), chosen)
        columns, residuals = white.of(block)
        pull = np.square(weights * residuals)
        left = 1.0 - weights * np.square(columns).sum(axis=1)
        if power and (left[weights > 0.0] <= WHOLLY).any():
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.where(pull > 0.0, pull / left**power, 0.0)
        middle += columns.T @ (pull[:, None] * columns)
    return middle
