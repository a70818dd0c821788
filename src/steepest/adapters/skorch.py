"""A net of skorch, watched while it learns; needs that package to be imported."""

from collections.abc import Sequence
from typing import Any, final

from skorch.callbacks import Callback as SkorchCallback

from steepest.api.watch import watch
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.pace import Every


@final
class WatchDescent(SkorchCallback):  # type: ignore[misc]  # skorch has no types
    """Watches every training: `NeuralNet(…, callbacks=[("watch", WatchDescent())])`.

    - `every`, `keep`, `callbacks`, `histograms`: as in `steepest.watch`

    `run_` is the watch of the training that was last: `net.callbacks_`, or the callback that was
    handed in, has it. A pickle leaves it behind.
    """

    def __init__(
        self,
        every: Every = "auto",
        keep: int | None = None,
        callbacks: Sequence[Callback] = (),
        histograms: bool = False,
    ) -> None:
        self.every = every
        self.keep = keep
        self.callbacks = callbacks
        self.histograms = histograms

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **others: Any) -> None:
        # After an error skorch does not call on_train_end.
        self._end()
        optimizers = [getattr(net, f"{name}_") for name in net._optimizers]
        self.run_: Watch = watch(
            net.module_,
            optimizers,
            net.criterion_,
            every=self.every,
            keep=self.keep,
            callbacks=self.callbacks,
            histograms=self.histograms,
        )
        self.run_.__enter__()

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **others: Any) -> None:
        self._end()

    def _end(self) -> None:
        run = getattr(self, "run_", None)
        if run is not None and run.is_running:
            run.__exit__(None, None, None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "run_"}
