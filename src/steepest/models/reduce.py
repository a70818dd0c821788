"""From rows to triangles: which columns count, what trains, what is held out, how exactly."""

from dataclasses import dataclass, field, replace

import numpy as np

from steepest.curvature.digits import TRUSTED, Accuracy, bound_errors
from steepest.errors import ChangedError, InputError, NotUniqueError
from steepest.models.options import Settings
from steepest.moments.collinearity import Dependence, find_dependence
from steepest.moments.exact_residuals import sum_squares
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import Gathered, Progress, gather, merged
from steepest.moments.qr_factor import Factor, factor_moments, factor_rows, merge_factors
from steepest.moments.row_sample import Sample
from steepest.problems.coordinates import LARGE, beyond
from steepest.problems.squared_loss import Quadratic
from steepest.tables.column_encoding import Encoding
from steepest.tables.table import Table
from steepest.wording.fact import Fact, fact


@dataclass(frozen=True, eq=False)
class Reduced:
    """Rows as triangles: `training` for the fit, and for each curve (training, held out) pairs.

    `moments` are those of all rows, training and held out, with every column.
    """

    moments: CentredMoments
    training: Factor
    held_out: list[tuple[Factor, Factor]]
    dependence: Dependence
    accuracy: Accuracy
    notes: list[Fact] = field(default_factory=list)
    sample: Sample | None = None
    interrupted: bool = False


def reduce_table(
    table: Table, encoding: Encoding, settings: Settings, progress: Progress | None
) -> Reduced:
    """One pass over the rows, and a second where the first cannot be trusted."""
    gathered = gather(table, encoding, split=settings.split, progress=progress, sampled=True)
    notes = gathered.tally.notes()
    rows = None if gathered.interrupted else _Rows(table, encoding, settings)
    try:
        return _reduce(gathered, settings, notes, rows)
    except ChangedError:  # it names the file itself
        raise
    except InputError as error:
        raise type(error)(f"{table.description}: {error}") from None


def reduce_moments(parts: list[CentredMoments], settings: Settings) -> Reduced:
    """The same from moments alone: their rows are not at hand."""
    if settings.accuracy == "high":
        raise InputError("accuracy high reads the rows again; moments have none: use auto")
    return _reduce(Gathered(list(parts)), settings, [], None)


@dataclass(frozen=True)
class _Rows:
    """Rows that can be read again."""

    table: Table
    encoding: Encoding
    settings: Settings

    def factors(self, moments: CentredMoments, columns: list[int]) -> list[Factor]:
        """The triangles of the parts, by merged QR."""
        return factor_rows(self.table, self.encoding, moments, columns, self.settings.split)

    def refine(self, training: Factor, names: tuple[str, ...]) -> Factor:
        """The training triangle with its sum of squared residuals formed in double precision."""
        problem = Quadratic.of(training)
        slopes = problem.coordinates.to_user(problem.minimizer)[:-1]
        place = {name: index for index, name in enumerate(names)}
        columns = [place[name] for name in training.names[:-1]]
        split = self.settings.split
        chosen = [0] if split.fraction is not None else list(range(split.parts))
        squares = sum_squares(
            self.table, self.encoding, columns, training.shift, slopes, split, chosen
        )
        return training.with_squares(squares)


def _reduce(
    gathered: Gathered, settings: Settings, notes: list[Fact], rows: _Rows | None
) -> Reduced:
    total = gathered.total
    check_rows(total, settings)
    dependence = find_dependence(total, settings.intercept, copies=not settings.minimum_norm)
    _check_count(gathered.parts, len(total.names) - 1 - len(dependence.constant), settings)
    if rows is not None and dependence.copies:
        dependence, factors = _look_closer(rows, total, dependence, settings)
        columns = _kept(factors[0].names, dependence)
        training, held_out = _combine([f.select(columns) for f in factors], settings, None)
        accuracy, _ = _bound(training, settings)
        notes = [*notes, fact("rows read twice")]
    else:
        columns = _kept(total.names, dependence)
        parts = [part.select(columns) for part in gathered.parts]
        training, held_out = _combine([factor_moments(part) for part in parts], settings, parts)
        accuracy, digits = _bound(training, settings)
        if rows is not None and _distrusted(training, accuracy, digits, settings):
            training, held_out = _combine(rows.factors(total, columns), settings, None)
            accuracy, _ = _bound(training, settings)
            notes = [*notes, fact("rows read twice")]
        accuracy = _unless_guessed(accuracy, dependence, training.names)
    if len(training.names) == 1 and not settings.intercept:
        raise InputError("no feature is left: every column is 0 in every row")
    check_unique(training, settings)
    if rows is not None and _refinable(training, accuracy, settings):
        training, accuracy = rows.refine(training, total.names), accuracy.refined()
        notes = [*notes, fact("residuals refined")]
    return Reduced(
        total,
        training,
        held_out,
        dependence,
        accuracy,
        [*notes, *dependence.notes()],
        gathered.sample,
        gathered.interrupted,
    )


def _kept(names: tuple[str, ...], dependence: Dependence) -> list[int]:
    """Indices of the columns that are not left out, the target last."""
    return [i for i, name in enumerate(names) if name not in dependence.left_out]


def _unless_guessed(accuracy: Accuracy, dependence: Dependence, names: tuple[str, ...]) -> Accuracy:
    """No digits for what stands in for a column that was taken for its copy on trust."""
    errors = accuracy.errors.copy()
    place = {name: index for index, name in enumerate(names)}
    for _, of in dependence.copies:
        errors[place[of]] = np.inf
        errors[len(names) - 1 :] = np.inf
    return replace(accuracy, errors=errors)


def _look_closer(
    rows: _Rows, total: CentredMoments, dependence: Dependence, settings: Settings
) -> tuple[Dependence, list[Factor]]:
    """Read the rows again to tell copies from near copies, which sums of products cannot."""
    suspects = replace(dependence, copies=())
    factors = rows.factors(total, _kept(total.names, suspects))
    whole = merge_factors(factors)
    copies = [pair for pair in dependence.copies if whole.repeats(*pair, settings.intercept)]
    near = [(of, name, 1.0) for name, of in dependence.copies if (name, of) not in copies]
    return replace(dependence, copies=tuple(copies), near=(*dependence.near, *near)), factors


def _combine(
    factors: list[Factor], settings: Settings, parts: list[CentredMoments] | None
) -> tuple[Factor, list[tuple[Factor, Factor]]]:
    """The training triangle and the (training, held out) pairs from those of the parts."""

    def together(chosen: list[int]) -> Factor:
        if parts is not None:
            return factor_moments(merged(parts[i] for i in chosen))
        return merge_factors([factors[i] for i in chosen])

    everyone = list(range(len(factors)))
    if len(factors) == 1:
        return factors[0], []
    if settings.validation is not None:
        return factors[0], [(factors[0], factors[1])]
    pairs = [(together([j for j in everyone if j != i]), factors[i]) for i in everyone]
    return together(everyone), pairs


def _bound(factor: Factor, settings: Settings) -> tuple[Accuracy, float]:
    """The bound on the least-squares parameters' errors, and the digits of the worst of them."""
    problem = Quadratic.of(factor, intercept=settings.intercept, ridge=settings.ridge)
    parameters = problem.coordinates.to_user(problem.minimizer)
    accuracy = bound_errors(factor, parameters, settings.intercept)
    return accuracy, float(accuracy.digits(parameters).min(initial=16.0))


def _distrusted(factor: Factor, accuracy: Accuracy, digits: float, settings: Settings) -> bool:
    if settings.accuracy != "auto":
        return settings.accuracy == "high"
    if factor.rows < len(factor.names) - 1 + settings.intercept:
        return settings.minimum_norm
    lost = factor.unresolved(settings.intercept) is not None
    return lost or min(digits, accuracy.residual_digits) < TRUSTED


def _refinable(factor: Factor, accuracy: Accuracy, settings: Settings) -> bool:
    """Whether the rows' residuals are lost in the triangle's rounding, and a pass can find them."""
    plain = settings.intercept and not settings.minimum_norm and len(factor.names) > 1
    return plain and factor.method == "qr" and accuracy.residual_digits < TRUSTED


def check_rows(moments: CentredMoments, settings: Settings) -> None:
    """Refuse rows that no squared loss can be fitted to: too few, too large, or all alike."""
    if moments.weight <= 0.0:
        raise InputError("the weights add up to 0: no row counts; give some rows a weight above 0")
    if moments.rows < 2:
        raise InputError("1 row was found; a fit needs at least 2")
    if not 1.0 / LARGE < moments.weight < LARGE:
        raise InputError(f"the weights add up to {moments.weight:g}: scale them nearer to 1")
    _check_sizes(moments)
    variance = float(moments.products[-1, -1])
    size = abs(float(moments.shift[-1] * moments.scale[-1] + moments.mean[-1]))
    flat = variance / moments.weight <= (8.0 * np.finfo(float).eps * size) ** 2
    if flat and settings.intercept:
        value = moments.means[moments.target]
        raise InputError(
            f"the target {moments.target!r} is {value:g} in every row: there is nothing to fit"
        )


def _check_sizes(moments: CentredMoments) -> None:
    """Refuse columns whose squares float64 cannot hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.sqrt(moments.products.diagonal() / moments.weight) / moments.scale
        size = np.abs(moments.shift) + np.abs(moments.mean / moments.scale) + spread
    fits = (size < LARGE) & ((spread == 0.0) | (spread > 1.0 / LARGE))
    for index in np.flatnonzero(~fits)[:1]:
        raise beyond(moments.names[index], float(size[index]))


def _check_count(parts: list[CentredMoments], features: int, settings: Settings) -> None:
    for number, part in enumerate(parts):
        if part.rows == 0:
            if settings.validation:
                what = ("training", "validation")[number]
                raise InputError(f"no row was left for {what}; hold out another fraction")
            raise InputError(f"no row was left for fold {number + 1}; use fewer folds")
    held = 0 if settings.validation is None else 1
    rows = sum(part.rows for part in parts[: len(parts) - held])
    needed = features + settings.intercept
    if rows < needed and not settings.minimum_norm and settings.ridge == 0.0:
        raise NotUniqueError(
            f"{rows} rows do not determine {needed} parameters: the answer is not unique; "
            "use fewer features, add ridge, or ask for the minimum-norm answer"
        )


def check_unique(factor: Factor, settings: Settings) -> None:
    """Refuse rows that leave the answer open, where that is not asked for."""
    if settings.minimum_norm or settings.ridge > 0.0:
        return
    lost = factor.unresolved(settings.intercept)
    if lost is None:
        return
    names, triangle = factor.names, factor.triangle
    if not lost:
        raise NotUniqueError(
            f"column {names[lost]!r} does not vary beyond rounding: leave it out, or add ridge"
        )
    involved = [names[lost]]
    if lost:
        above = np.linalg.lstsq(triangle[:lost, :lost], triangle[:lost, lost], rcond=None)[0]
        norms = np.abs(above) * np.sqrt(np.square(triangle[:, :lost]).sum(axis=0))
        involved += [names[i] for i in np.flatnonzero(norms > 1e-6 * norms.max(initial=0.0))]
    why = "" if factor.method == "qr" else ", as far as sums of products can tell"
    raise NotUniqueError(
        f"columns {', '.join(involved)} are linearly dependent{why}: the answer is not unique; "
        "leave one out, add ridge, or ask for the minimum-norm answer"
    )
