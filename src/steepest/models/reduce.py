"""From rows to triangles: which columns count, what trains, what is held out, how exactly."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.digits import ENOUGH, TRUSTED, Accuracy, bound_errors, refined_errors
from steepest.errors import ChangedError, InputError
from steepest.models.options import Settings
from steepest.models.refusals import check_parts, check_rows, check_unique, refuse
from steepest.moments.collinearity import (
    Dependence,
    Shared,
    constant_columns,
    dependence_of,
    ranked,
    shared,
)
from steepest.moments.exact_residuals import Line, Sums, rounded_sums, sum_residuals
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.moments.one_pass import Gathered, Progress, block_rows, gather, merged
from steepest.moments.qr_factor import (
    QR_ROUNDINGS,
    Factor,
    factor_moments,
    factor_rows,
    merge_factors,
)
from steepest.moments.refinement import Measure, measured_errors, refine
from steepest.moments.row_sample import Sample
from steepest.moments.twice_precision import Twice, plus
from steepest.problems.squared_loss import Quadratic
from steepest.tables.column_encoding import Block, Encoding
from steepest.tables.holdout_split import Split
from steepest.tables.table import Table
from steepest.wording.fact import Fact, fact

# What the residuals of a line over some columns add up to, in the rows' own engine.
Query = Callable[[Line, list[int]], Sums]
# There, the triangle of some of the columns of moments, which tells sums of others.
Rank = Callable[[CentredMoments, list[int]], Factor]
# Of so few numbers residuals in twice the precision take no longer than the fit.
_FEW_NUMBERS = 1 << 15
# Times what rounding had blurred a sum by.
_SAFE = 4.0
# Of a residual that sums of products know to fewer digits nothing is said.
LEAST_DIGITS = 1.0


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

    @property
    def residual_known(self) -> bool:
        """Whether the sum of squared residuals is more than what rounding leaves of products."""
        moments = self.training.method == "moments"
        return not moments or self.accuracy.residual_digits >= LEAST_DIGITS


def reduce_table(
    table: Table, encoding: Encoding, settings: Settings, progress: Progress | None
) -> Reduced:
    """One pass over the rows, and a second where the first cannot be trusted."""
    gathered = gather(table, encoding, split=settings.split, progress=progress, sampled=True)
    notes = gathered.tally.notes()
    # A split goes by rows as they are encoded, and a sample of unordered ones has no such keys.
    kept = gathered.sampled_whole and not (table.unordered and settings.split.parts > 1)
    at_hand = gathered.sample if kept else None
    rows = None if gathered.interrupted else _Rows(table, encoding, settings, at_hand)
    try:
        return _reduce(gathered, settings, notes, rows)
    except ChangedError:  # it names the file itself
        raise
    except InputError as error:
        raise error.within(table.description) from None


def reduce_moments(
    parts: Sequence[CentredMoments],
    settings: Settings,
    query: Query | None = None,
    rank: Rank | None = None,
) -> Reduced:
    """The same from moments alone: their rows are not at hand, but for what queries in their engine
    say of the residuals of a line, and of the `rank` of one part's columns.
    """
    if settings.accuracy == "high":
        raise InputError("accuracy high reads the rows again; moments have none: use auto")
    reduced = _reduce(Gathered(list(parts)), settings, [], None, rank)
    if query is None or not (
        reduced.training.method == "qr"
        or _refinable(posed(reduced.training, settings), reduced.accuracy, settings)
    ):
        return reduced
    return _queried(reduced, settings, query)


def _queried(reduced: Reduced, settings: Settings, query: Query) -> Reduced:
    """With the answer that the residuals themselves give, in float64: as exact as QR."""
    training, total, queries = reduced.training, reduced.moments, 0
    place = {name: index for index, name in enumerate(total.names)}
    columns = [place[name] for name in training.names[:-1]]
    # Each engine adds row after row: n roundings add up like the square root of n.
    roundings = QR_ROUNDINGS + 2.0 * float(np.sqrt(training.rows))

    def measure(line: Line) -> Sums:
        nonlocal queries
        queries += 1
        return query(line, columns)

    solution = refine(measure, training, settings.intercept, roundings * UNIT_ROUNDOFF)
    if solution is None:
        return reduced
    training = training.with_solution(solution)
    rows = replace(training, method="qr", roundings=roundings)
    accuracy = bound_errors(posed(rows, settings))
    notes = [*reduced.notes, fact("residuals queried", queries=queries)]
    return replace(reduced, training=training, accuracy=accuracy, notes=notes)


@dataclass(frozen=True)
class _Rows:
    """Rows that can be read again; few ones are `at_hand`."""

    table: Table
    encoding: Encoding
    settings: Settings
    at_hand: Sample | None

    @property
    def few(self) -> bool:
        """Whether a pass in twice the precision takes no time that matters."""
        return self.at_hand is not None and self.at_hand.features.size <= _FEW_NUMBERS

    def factors(self, moments: CentredMoments, columns: list[int]) -> list[Factor]:
        """The triangles of the parts, by merged QR."""
        return factor_rows(self.table, self.encoding, moments, columns, self.settings.split)

    def refined(self, training: Factor, names: tuple[str, ...]) -> tuple[Factor, int]:
        """The training triangle with the answer of its rows in twice the precision, where further
        passes lead there; and how many passes over the source were made.
        """
        measure, passes = self._measure(training, names), 0

        def counted(line: Line) -> Sums:
            nonlocal passes
            passes += self.at_hand is None
            return measure(line)

        solution = refine(counted, training, self.settings.intercept)
        return (training if solution is None else training.with_solution(solution)), passes

    def measured(
        self, training: Factor, names: tuple[str, ...], accuracy: Accuracy, problem: Quadratic
    ) -> Accuracy:
        """The accuracy of a ridge fit, with errors that the rows tell instead of a bound."""
        measure, parameters = self._measure(training, names), problem.to_user(problem.minimizer)
        with_intercept = self.settings.intercept
        errors = measured_errors(measure, training, parameters, with_intercept, problem.held)
        return accuracy if errors is None else replace(accuracy, errors=errors)

    def _measure(self, training: Factor, names: tuple[str, ...]) -> Measure:
        """Sums of the residuals of lines over the columns of the training triangle."""
        place = {name: index for index, name in enumerate(names)}
        columns = [place[name] for name in training.names[:-1]]
        return lambda line: rounded_sums(reduce(plus, self._sums(columns, line)))

    def _sums(self, columns: list[int], line: Line) -> Iterator[Twice]:
        """What the residuals of a line add up to, of each partition of the rows."""
        if self.at_hand is not None:
            some, split = self.at_hand, self.settings.split
            rows = Block(0, some.features, some.target, some.weights, some.rows)
            yield _sums_of(iter([rows]), columns, line, split)
            return
        work = partial(_sums_of, columns=columns, line=line, split=self.settings.split)
        yield from self.encoding.over(self.table, block_rows(len(self.encoding.names) + 1), work)


def _sums_of(blocks: Iterator[Block], columns: list[int], line: Line, split: Split) -> Twice:
    """The sums over the rows to train on."""
    return sum_residuals((_training(block, columns, split) for block in blocks), line)


def _training(block: Block, columns: list[int], split: Split) -> tuple[Floats, Floats, Floats]:
    """Features of these columns, target and weights of the rows, 0 for those not trained on."""
    weights = np.ones(len(block)) if block.weights is None else block.weights
    if split.parts > 1:
        chosen = [0] if split.fraction is not None else list(range(split.parts))
        weights = weights * np.isin(split.part(block.keys), chosen)
    return np.asarray(block.features)[:, columns], np.asarray(block.target), weights


def _reduce(
    gathered: Gathered,
    settings: Settings,
    notes: list[Fact],
    rows: _Rows | None,
    rank: Rank | None = None,
) -> Reduced:
    total = gathered.total
    check_rows(total, settings, gathered.tally.rows_dropped)
    check_parts(gathered.parts, settings)
    parts, constant = (
        gathered.parts,
        constant_columns(_trained(gathered.parts, settings), settings.intercept),
    )
    columns = [i for i, name in enumerate(total.names) if name not in constant]
    found = [factor_moments(part.select(columns), gathered.unit) for part in parts]
    chosen = [part.select(columns) for part in parts]
    training, held_out = _combine(found, settings, chosen)
    dependence = _dependence(training, _trained(parts, settings), constant, settings)
    lost = dependence.left_out > frozenset(constant)
    bounded = None if lost else training
    if not lost:
        problem = posed(training, settings)
        accuracy = bound_errors(problem)
    if rows is not None and (lost or _distrusted(problem, accuracy, settings)):
        found = rows.factors(total, columns)
        training, held_out = _combine(found, settings, None)
        dependence = _dependence(training, _trained(parts, settings), constant, settings)
        notes = [*notes, fact("rows read twice")]
    elif rank is not None and lost and len(parts) == 1 and not settings.ridge:
        training = rank(total, columns)
        dependence = _dependence(training, total, constant, settings)
        notes = [*notes, fact("rank queried")]
    if settings.dependent == "error" and not settings.ridge:
        refuse(dependence, training, settings)
    training = _kept(training, dependence)
    held_out = [_ranked(*pair, settings, dependence) for pair in held_out]
    sums = shared(training, settings.intercept) if settings.minimum_norm else None
    training = training if sums is None else sums.factor
    if training is not bounded:
        problem = posed(training, settings)
        accuracy = bound_errors(problem)
    if sums is not None:
        accuracy = _blurred(accuracy, sums, problem)
        notes = [*notes, *(fact("shared column", **vars(column)) for column in sums.columns)]
    if training.method == "moments":
        accuracy = _unless_guessed(accuracy, dependence)
        notes = [*notes, *([fact("copies by sums")] if dependence.copies else [])]
    if len(training.names) == 1 and not settings.intercept:
        raise InputError("no feature is left: every column is 0 in every row")
    check_unique(training, settings)
    few_digits = _refinable(problem, accuracy, settings)
    if rows is not None and (few_digits or (rows.few and _is_plain(training, settings))):
        training, passes = rows.refined(training, total.names)
        if training.solution is not None:
            accuracy = refined_errors(training, training.solution)
        if training.solution is not None and few_digits:
            notes = [*notes, fact("residuals refined", passes=passes)]
    if rows is not None and rows.few and settings.ridge and np.isfinite(accuracy.errors).all():
        accuracy = rows.measured(training, total.names, accuracy, posed(training, settings))
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


def _trained(parts: list[CentredMoments], settings: Settings) -> CentredMoments:
    """The moments of the rows that are trained on in the end."""
    return parts[0] if settings.validation is not None else merged(parts)


def _dependence(
    training: Factor, moments: CentredMoments, constant: tuple[str, ...], settings: Settings
) -> Dependence:
    """Which columns are left out. A penalty, or the least norm, decides between all that vary."""
    if settings.minimum_norm:
        return Dependence(constant, (), ())
    found = dependence_of(training, moments, settings.intercept, constant)
    return Dependence(found.constant, (), found.near) if settings.ridge > 0.0 else found


def _kept(factor: Factor, dependence: Dependence) -> Factor:
    """The triangle of the columns that are not left out."""
    columns = [i for i, name in enumerate(factor.names) if name not in dependence.left_out]
    return factor if len(columns) == len(factor.names) else factor.select(columns)


def _ranked(
    training: Factor, held_out: Factor, settings: Settings, dependence: Dependence
) -> tuple[Factor, Factor]:
    """A part's rows to train on and those held out from it, of the columns that the part has."""
    training, held_out = _kept(training, dependence), _kept(held_out, dependence)
    if settings.minimum_norm:
        return shared(training, settings.intercept).factor, held_out
    if settings.ridge > 0.0:
        return training, held_out
    columns = [*ranked(training, settings.intercept)[0], len(training.names) - 1]
    if len(columns) == len(training.names):
        return training, held_out
    return training.select(columns), held_out.select(columns)


def _blurred(accuracy: Accuracy, sums: Shared, problem: Quadratic) -> Accuracy:
    """Of shares in a sum that rounding had blurred; none where products cannot tell the sum."""
    if not sums.columns:
        return accuracy
    p = len(problem.triangle.names) - 1
    error = np.full(len(problem.names), _SAFE * sums.blur)
    error[:p] *= np.abs(problem.to_user(problem.minimizer)[:p]).max()
    error[p:] = np.abs(problem.triangle.means[:-1]) @ error[:p]
    told = all(column.told for column in sums.columns)
    return replace(accuracy, errors=accuracy.errors + (error if told else np.inf))


def _unless_guessed(accuracy: Accuracy, dependence: Dependence) -> Accuracy:
    """No digits where a column was taken for a sum of others on trust: what it may have that is
    new, below what products tell, could follow the residuals and change every coefficient.
    """
    if not (dependence.copies or dependence.explained):
        return accuracy
    return replace(accuracy, errors=np.full(len(accuracy.errors), np.inf))


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


def _fewest_digits(problem: Quadratic, accuracy: Accuracy) -> float:
    """Those of the worst parameter, or of the residual."""
    digits = accuracy.digits(problem.to_user(problem.minimizer))
    return min(float(digits.min(initial=16.0)), accuracy.residual_digits)


def posed(factor: Factor, settings: Settings) -> Quadratic:
    """The problem of rows, as it is asked for."""
    return Quadratic.of(
        factor,
        intercept=settings.intercept,
        standardize=settings.standardize,
        ridge=settings.ridge,
        reduction=settings.reduction,
    )


def _distrusted(problem: Quadratic, accuracy: Accuracy, settings: Settings) -> bool:
    factor = problem.triangle
    if settings.accuracy == "high":
        return True
    if settings.accuracy == "fast":
        return accuracy.residual_digits < LEAST_DIGITS
    if factor.rows < len(factor.names) - 1 + settings.intercept:
        return settings.minimum_norm
    lost = factor.unresolved(settings.intercept) is not None
    return lost or _fewest_digits(problem, accuracy) < TRUSTED


def _is_plain(factor: Factor, settings: Settings) -> bool:
    """Whether the answer is that of least squares alone, with a column to fit."""
    return not (settings.minimum_norm or settings.ridge or len(factor.names) == 1)


def _refinable(problem: Quadratic, accuracy: Accuracy, settings: Settings) -> bool:
    """Whether further passes are asked for, or the triangle's rounding leaves few digits."""
    factor = problem.triangle
    if not _is_plain(factor, settings):
        return False
    if settings.accuracy == "high":
        return True
    if settings.accuracy == "fast" and factor.method == "moments":
        return False
    if settings.accuracy == "fast":
        return accuracy.residual_digits < TRUSTED
    return _fewest_digits(problem, accuracy) < ENOUGH
