"""A module of PyTorch Lightning, watched while it learns; needs that package to be imported."""

from collections.abc import Sequence
from typing import Any, final

try:
    from lightning.pytorch import Callback as LightningCallback
except ImportError:
    from pytorch_lightning import Callback as LightningCallback

from steepest.api.watch import watch
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.pace import Every


@final
class WatchDescent(LightningCallback):  # type: ignore[misc]  # the base may have no types here
    """Watches `fit`: `Trainer(callbacks=[WatchDescent()])`; `run` is the watch.

    Losses are those that Lightning goes back from, so no `loss_fn` is needed.

    - `loss_fn`: a loss module of the model, such as `model.loss`; with it curvature can be measured
    - `every`, `keep`, `callbacks`, `histograms`: as in `steepest.watch`
    """

    def __init__(
        self,
        loss_fn: Any = None,
        *,
        every: Every = "auto",
        keep: int | None = None,
        callbacks: Sequence[Callback] = (),
        histograms: bool = False,
    ) -> None:
        super().__init__()
        self.loss_fn, self.every, self.keep, self.callbacks = loss_fn, every, keep, callbacks
        self.histograms = histograms
        self.run: Watch | None = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self.run = watch(
            pl_module,
            list(trainer.optimizers),
            self.loss_fn,
            every=self.every,
            keep=self.keep,
            callbacks=self.callbacks,
            histograms=self.histograms,
        )
        self.run.__enter__()

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        if self.run is None or self.loss_fn is not None:
            return
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        scale = 1.0 if scaler is None else float(scaler.get_scale())  # 1 where it is off
        # Lightning divides by the number of batches of which gradients are added.
        factor = trainer.accumulate_grad_batches / scale
        self.run.loss(loss if factor == 1.0 else loss.detach() * factor)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._end(None)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._end(exception)

    def _end(self, error: BaseException | None) -> None:
        if self.run is not None and self.run.is_running:
            kind = None if error is None else type(error)
            self.run.__exit__(kind, error, None)
