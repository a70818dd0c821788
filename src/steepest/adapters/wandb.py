"""A watched loop's curves in Weights & Biases."""

from typing import Any, final

from steepest.adapters.curves import Curves, Spreads
from steepest.errors import InputError
from steepest.results.watch import Watch


@final
class WandB(Curves):
    """Logs numbers and histograms of each recorded step over "steepest/step", and the verdict in
    the summary.

    - `run`: of `wandb.init()`; by default the one that is active
    - `tensors`: curves of each tensor's norms too

    Needs the package wandb. Raises InputError where no run is active.

    >>> steepest.watch(model, optimizer, callbacks=[WandB()])  # doctest: +SKIP
    """

    def __init__(self, run: Any = None, *, tensors: bool = False) -> None:
        super().__init__(tensors=tensors)
        self._run = run

    def on_start(self, run: Watch) -> None:
        if self._run is None:
            import wandb

            self._run = wandb.run
        if self._run is None:
            raise InputError("no run of wandb is active: call wandb.init() before the block.")
        # Steps of its own: those of wandb count calls of log, the loop's as well.
        self._run.define_metric("steepest/*", step_metric="steepest/step")

    def write(self, values: dict[str, float], step: int) -> None:
        self._run.log({"steepest/step": step, **values})

    def write_histograms(self, histograms: Spreads, step: int) -> None:
        from wandb import Histogram

        drawn = {name: Histogram(np_histogram=each) for name, each in histograms.items()}
        self._run.log({"steepest/step": step, **drawn})

    def conclude(self, verdict: str) -> None:
        self._run.summary["steepest/verdict"] = verdict
