"""Several fits of the same rows, side by side."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from steepest.api.fit import fit
from steepest.descent.automatic_rate_of_rows import full_batch_schedule, minibatch_schedule
from steepest.descent.optimizers import Optimizer, make_optimizer
from steepest.descent.plan import schedule_or_auto
from steepest.descent.schedules import Backtracking, Constant, Schedule
from steepest.descent.serialization import optimizer_data
from steepest.errors import InputError
from steepest.models.mini_batches import MiniBatches
from steepest.moments.moments import CentredMoments
from steepest.number_checks import is_whole
from steepest.path.run_labels import Choice, labels_of
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.results.study import Study
from steepest.tables.open_table import open_table

if TYPE_CHECKING:
    from steepest.path.path import DescentPath

EPOCHS = 20
SIZES = (1, 10, 100, None)
_ENDS = ("epochs", "tolerance", "stopping")


def study_of_table(
    source: object,
    target: object,
    starts: Sequence[Any],
    optimizers: Sequence[str | Optimizer],
    rates: Sequence[float | str | Schedule],
    sizes: Sequence[int | MiniBatches | None],
    *,
    default_sizes: bool = False,
    momentum: float | None = None,
    nesterov: bool | None = None,
    seed: int = 0,
    **options: Any,
) -> Study:
    """Fit every combination; `options` are those of `steepest.fit`.

    `default_sizes`: nobody asked for these batch sizes, and larger ones than there are rows are
    left out.
    """
    batches = _check(source, sizes, options)
    given = {"momentum": momentum, "nesterov": nesterov}
    given = {name: value for name, value in given.items() if value is not None}
    made = [make_optimizer(each, **given) for each in optimizers]
    if all(options.get(name) is None for name in _ENDS):
        options["epochs"] = EPOCHS
    if isinstance(source, str | os.PathLike) and isinstance(target, str):
        source = open_table(source)
    rows = _Rows(source, target, seed, options)
    begun = rows.begin() if any(each.size is not None for each in batches) else None
    if begun is not None:
        batches = _fitting(batches, begun.rows, default=default_sizes)
    return _study(
        rows, begun, [_Run(*each) for each in product(enumerate(starts), made, rates, batches)]
    )


def _study(rows: "_Rows", begun: "_Begun | None", runs: "list[_Run]") -> Study:
    fits, choices = [], []
    for run, made in zip(runs, rows.fits(runs, begun), strict=False):
        fits.append(made)
        start = made.path.at(0).parameters.tolist()
        choices.append(Choice(run.optimizer, run.lr, start, run.batches.size))
        if made.path.verdict.kind == "interrupted":
            break
    notes = dict.fromkeys(note for each in fits for note in each.notes if note)
    return Study(
        tuple(each.path for each in fits),
        labels_of(choices),
        settings=tuple(map(_settings, choices)),
        description=fits[0].description,
        notes=tuple(notes),
        rows=fits[0].rows if begun is None else begun.rows,
        batch_sizes=tuple(choice.batch_size for choice in choices),
    )


def _settings(choice: Choice) -> dict[str, object]:
    return {"optimizer": optimizer_data(choice.optimizer), "lr": str(choice.lr)}


@final
@dataclass(frozen=True, eq=False)
class _Begun:
    """What a fit of no epochs tells of rows that are to be seen in batches: how many there are,
    the problem, and the start in the user's units, as far as it is not 0.
    """

    path: "DescentPath"

    @property
    def problem(self) -> LinearProblem:
        """The problem of the rows, or of a sample where they are too many for memory."""
        problem = self.path.problem
        if isinstance(problem, StreamedProblem):
            return problem.sample
        assert isinstance(problem, LinearProblem)
        return problem

    @property
    def rows(self) -> int:
        whole = self.path.problem
        return whole.rows if isinstance(whole, StreamedProblem) else len(self.problem.target)

    @property
    def start(self) -> dict[str, float]:
        values = self.path.at(0).parameters.tolist()
        return {name: value for name, value in zip(self.path.names, values, strict=True) if value}

    def schedule(self, optimizer: Optimizer, size: int | None, epochs: int) -> Schedule | None:
        """The rate of "auto": a constant one, unless the loss has kinks; None for a fit's own."""
        problem = self.problem
        if size is not None:
            falling = minibatch_schedule(problem, optimizer, size, self.rows)
            return Constant(falling.lr) if problem.loss.smooth else falling
        if not problem.loss.smooth:
            return None
        start = self.path.descent_parameters(0)
        found = full_batch_schedule(problem, start, optimizer, epochs)
        bound = problem.curvature_bound()
        if isinstance(found, Backtracking) and 0.0 < bound < float("inf"):
            return Constant(1.0 / bound)
        return None


@final
@dataclass(eq=False)
class _Rows:
    """Rows that are fitted several times, and what all fits have in common."""

    source: object
    target: object
    seed: int
    options: dict[str, Any]
    names: tuple[str, ...] = field(default=())

    def begin(self) -> _Begun:
        silent = ("progress", "epochs")
        options = {name: value for name, value in self.options.items() if name not in silent}
        made = fit(
            self.source, self.target, seed=self.seed, batch_size=1, lr=1.0, epochs=0, **options
        )
        self.names = made.path.names
        return _Begun(made.path)

    def fits(self, runs: "Sequence[_Run]", begun: _Begun | None) -> Iterator[Any]:
        """A fit for each run; where Ctrl-C ends the reading of a later one, those before it."""
        for count, run in enumerate(runs):
            try:
                made = self._fit(run, begun)
            except KeyboardInterrupt:
                if not count:
                    raise
                return
            self.names = made.path.names
            yield made

    def _fit(self, run: "_Run", begun: _Begun | None) -> Any:
        lr = run.lr
        if begun is not None and schedule_or_auto(lr) is None:
            epochs = self.options.get("epochs") or EPOCHS
            lr = begun.schedule(run.optimizer, run.batches.size, epochs) or lr
        return fit(
            self.source,
            self.target,
            start=self._start(run, begun),
            optimizer=run.optimizer,
            lr=lr,
            batch_size=run.batches,
            seed=self.seed,
            **self.options,
        )

    def _start(self, run: "_Run", begun: _Begun | None) -> Any:
        """Where a run begins: all that were given no start begin where the first does."""
        place, start = run.start
        if start is None and begun is not None:
            return begun.start
        if isinstance(start, str) and start == "random" and place:
            numbers = np.random.default_rng(self.seed + place)
            return numbers.standard_normal(len(self.names)).tolist()
        return start


class _Run(NamedTuple):
    """One combination: `start` with its place among the starts."""

    start: tuple[int, Any]
    optimizer: Optimizer
    lr: Any
    batches: MiniBatches


def _check(
    source: object, sizes: Sequence[int | MiniBatches | None], options: dict[str, Any]
) -> list[MiniBatches]:
    """The mini-batches of each run; those of size None are all rows."""
    if isinstance(source, CentredMoments) and any(size is not None for size in sizes):
        raise InputError("moments hold no rows to make batches of; compare from the rows")
    for name in ("l1", "ridge"):
        if isinstance(options.get(name), str):
            raise InputError(
                "a study compares descents on one objective; give {name} a number, which fit "
                "chooses along a path",
                name=name,
            )
    epochs = options.get("epochs")
    if epochs is not None and not is_whole(epochs, least=1):
        raise InputError("epochs is {epochs!r}; give a whole number, 1 or more", epochs=epochs)
    for size in sizes:
        if not (isinstance(size, MiniBatches | None) or is_whole(size, least=1)):
            raise InputError(
                "batch_size holds {size!r}; give whole numbers above 0, and None for all rows",
                size=size,
            )
    batches = [MiniBatches.of(size) for size in sizes]
    if len({each.size for each in batches}) < len(batches):
        raise InputError("a batch size is given twice; give each once")
    if any(each.checkpoint is not None for each in batches):
        raise InputError("a checkpoint is of one fit; leave it out of a study")
    return batches


def _fitting(batches: list[MiniBatches], rows: int, *, default: bool) -> list[MiniBatches]:
    """Those that the rows fill; where they were asked for, InputError for one that exceeds them."""
    if default:
        return [each for each in batches if each.size is None or each.size < rows]
    for each in batches:
        if each.size is not None and each.size > rows:
            raise InputError(
                "a batch of {size} rows is larger than the data, {rows: row}",
                size=each.size,
                rows=rows,
            )
    return batches
