"""Callbacks of a watched loop."""

from abc import ABC
from typing import Any

from steepest.path.step import Step


class Callback(ABC):  # noqa: B024  # each of its methods does nothing unless it is written
    """Called by `steepest.watch(…, callbacks=[…])`; override the methods that are wanted.

    They are called in the process that records, and their time counts to that of recording. An
    error in one of them ends the loop, as an error of the loop's own would: it is raised by
    `optimizer.step()`, and where the loop moves its parameters itself by `backward()`.

    >>> import torch, steepest
    >>> class Shown(Callback):
    ...     def on_step(self, run, step):
    ...         print(step.index, round(step.objective, 2))
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1)
    >>> with steepest.watch({"w": w}, optimizer, every=1, callbacks=[Shown()]) as run:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         run.loss((w**2).sum()).backward()
    ...         optimizer.step()
    0 1.0
    1 0.64
    2 0.41
    """

    def on_start(self, run: Any) -> None:  # noqa: B027  # may be left as it is
        """The block begins."""

    def on_step(self, run: Any, step: Step) -> None:  # noqa: B027  # may be left as it is
        """A step was made and recorded: `step` is the point before its update."""

    def on_end(self, run: Any) -> None:  # noqa: B027  # may be left as it is
        """The block has ended, perhaps by an error; `run.path` and `run.verdict` are complete."""
