"""What adapters to programs that draw curves have in common."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from steepest.adapters.figures import figures
from steepest.path.step import Step
from steepest.watching.callbacks import Callback

if TYPE_CHECKING:
    from steepest.results.watch import Watch


class Curves(Callback):
    """Hands the numbers of each recorded step to a program that draws them, and the verdict.

    - `tensors`: the norms of gradient and update of each tensor too, a curve for each
    """

    def __init__(self, *, tensors: bool = False) -> None:
        self.tensors = tensors

    def on_step(self, run: "Watch", step: Step) -> None:
        record = run.recorder.kept.latest
        self.write(figures(record, run.moved.layout, tensors=self.tensors), step.index)

    def on_end(self, run: "Watch") -> None:
        self.conclude(str(run.verdict))

    @abstractmethod
    def write(self, values: dict[str, float], step: int) -> None:
        """Numbers by name, of one step."""

    @abstractmethod
    def conclude(self, verdict: str) -> None:
        """The verdict, when the loop has ended."""
