"""A watched loop's curves in TensorBoard."""

from os import PathLike, fspath
from typing import Any, final

from steepest.adapters.curves import Curves, Spreads
from steepest.results.watch import Watch


@final
class TensorBoard(Curves):
    """Writes scalars and histograms of each recorded step, and the verdict as a text.

    - `writer`: a `torch.utils.tensorboard.SummaryWriter`, which stays open; or a folder, for which
      one is opened and closed
    - `tensors`: curves of each tensor's norms too

    Needs the package tensorboard.

    >>> steepest.watch(model, optimizer, callbacks=[TensorBoard("runs/1")])  # doctest: +SKIP
    """

    def __init__(self, writer: "Any | str | PathLike[str]", *, tensors: bool = False) -> None:
        super().__init__(tensors=tensors)
        self._folder = fspath(writer) if isinstance(writer, str | PathLike) else None
        self._writer: Any = writer

    def on_start(self, run: Watch) -> None:
        if self._folder is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(self._folder)

    def on_end(self, run: Watch) -> None:
        try:
            super().on_end(run)
        finally:
            if self._folder is not None:
                self._writer.close()

    def write(self, values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def write_histograms(self, histograms: Spreads, step: int) -> None:
        for name, (counts, edges) in histograms.items():
            middles = (edges[1:] + edges[:-1]) / 2.0
            self._writer.add_histogram_raw(
                name,
                min=edges[0],
                max=edges[-1],
                num=counts.sum(),
                sum=counts @ middles,
                sum_squares=counts @ middles**2,
                bucket_limits=edges[1:].tolist(),
                bucket_counts=counts.tolist(),
                global_step=step,
            )

    def conclude(self, verdict: str) -> None:
        self._writer.add_text("steepest/verdict", verdict)
