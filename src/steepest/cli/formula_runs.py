"""What the command line asks of a descent, as the API takes it."""

from dataclasses import dataclass
from typing import Any, final

from steepest.api.minimize import minimize
from steepest.api.pose import pose
from steepest.api.study import study
from steepest.cli.calculus import Calculus
from steepest.cli.options import rates_of, stopping_of
from steepest.cli.result_files import ResultFiles
from steepest.cli.result_words import Runs
from steepest.descent.stepwise import Progress
from steepest.formula.formula import Formula
from steepest.penalties.bounds import parse_bounds
from steepest.problems.starts import parse_start


@final
@dataclass(frozen=True)
class Asked:
    """One run or several of a formula; `options` are those that all share, by the API's names."""

    text: str
    formula: Formula
    starts: list[Any]
    rates: list[float | str]
    optimizers: list[str]
    options: dict[str, Any]

    @staticmethod
    def of(text: str, options: dict[str, Any]) -> "Asked":
        """Read what was typed. Raises InputError for what cannot be, the formula first of all."""
        starts: list[Any] = [parse_start(start) for start in options.pop("start")] or [None]
        rates = rates_of(options.pop("lr")) or ["auto"]
        optimizers = list(options.pop("optimizer")) or ["sgd"]
        bounds = parse_bounds(options.pop("bounds")) or None
        problem, _ = pose(text, starts[0], options["seed"])
        assert problem.formula is not None
        options["stopping"] = stopping_of(options)
        return Asked(
            text, problem.formula, starts, rates, optimizers, {**options, "bounds": bounds}
        )

    @property
    def runs(self) -> int:
        """How many runs these make."""
        return len(self.starts) * len(self.rates) * len(self.optimizers)

    def check(self, files: ResultFiles) -> None:
        """Say before the descent which of the files cannot be written."""
        files.check_names()
        files.check("path" if self.runs == 1 else "study", self.runs)

    def begin_calculus(self, asked: bool | None) -> Calculus | None:
        """Calculus of the formula, under way; see `Calculus.begin`."""
        return Calculus.begin(self.formula, asked)

    def descend(self, progress: Progress) -> Runs:
        """The path, or the study of several."""
        if self.runs == 1:
            return minimize(
                self.text,
                self.starts[0],
                lr=self.rates[0],
                optimizer=self.optimizers[0],
                progress=progress,
                **self.options,
            )
        several = len(self.starts) > 1
        return study(
            self.text,
            start=None if several else self.starts[0],
            starts=self.starts if several else None,
            lr=self.rates,
            optimizer=self.optimizers,
            progress=progress,
            **self.options,
        )
