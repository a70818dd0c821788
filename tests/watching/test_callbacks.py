"""What callbacks are told, when, and that their errors are not lost."""

import pytest
import torch
from torch import nn

import steepest
from steepest.errors import InputError
from steepest.path.step import Step
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback


class Told(Callback):
    """Keeps what it is told; `fails` names the moment in which it raises."""

    def __init__(self, fails: str = "") -> None:
        self.said: list[object] = []
        self.steps: list[Step] = []
        self.fails = fails

    def _say(self, what: str, index: int) -> None:
        self.said.append((what, index))
        if self.fails == what:
            raise RuntimeError(f"no {what}")

    def on_start(self, run: Watch) -> None:
        self._say("start", run.path.epochs)

    def on_step(self, run: Watch, step: Step) -> None:
        self.steps.append(step)
        self._say("step", step.index)

    def on_end(self, run: Watch) -> None:
        self._say("end", run.path.epochs)


def descend(callbacks: list[Callback], steps: int = 5, every: int = 2) -> Watch:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    run = steepest.watch({"w": w}, optimizer, every=every, callbacks=callbacks)
    with run:
        for _ in range(steps):
            optimizer.zero_grad()
            run.loss((w**2).sum()).backward()
            optimizer.step()
    return run


def test_they_are_told_in_order() -> None:
    told = Told()
    run = descend([told])
    assert told.said == [("start", 0), ("step", 0), ("step", 2), ("step", 4), ("end", 5)]
    for step in told.steps:
        kept = run.at(step.index)
        assert step["w[0]"] == kept["w[0]"] == pytest.approx(0.8**step.index)
        assert step.objective == kept.objective
        assert step.gradient.tolist() == kept.gradient.tolist()


def test_methods_that_are_not_written_do_nothing() -> None:
    class Silent(Callback):
        pass

    assert descend([Silent()]).path.epochs == 5


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("start", [("start", 0)]),
        ("step", [("start", 0), ("step", 0), ("end", 1)]),
        ("end", [("start", 0), ("step", 0), ("step", 2), ("step", 4), ("end", 5)]),
    ],
)
def test_their_errors_reach_the_loop(fails: str, said: list[object]) -> None:
    first, told = Told(), Told(fails)
    with pytest.raises(RuntimeError, match=f"no {fails}"):
        descend([first, told])
    assert told.said == said
    # The other one is told of the end all the same.
    assert first.said[-1] == ("end", {"start": 0, "step": 1, "end": 5}[fails])


def test_an_error_in_a_step_leaves_the_path_whole_and_no_hook() -> None:
    model = nn.Linear(1, 1)
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.1), nn.MSELoss()
    run = steepest.watch(model, optimizer, loss_fn, every=1, callbacks=[Told("step")])
    x = torch.ones(3, 1)
    with pytest.raises(RuntimeError, match="no step"), run:
        loss_fn(model(x), 2 * x).backward()
        optimizer.step()
    assert run.path.recorded == (0, 1)
    assert run.verdict.kind == "interrupted"
    assert not optimizer._optimizer_step_pre_hooks
    assert not loss_fn._forward_hooks


def test_an_error_in_the_beginning_leaves_no_hook() -> None:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = steepest.watch(model, optimizer, callbacks=[Told("start")])
    with pytest.raises(RuntimeError, match="no start"):
        run.__enter__()
    assert not optimizer._optimizer_step_pre_hooks
    assert not any(p._backward_hooks for p in model.parameters())


def test_what_is_no_callback() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    with pytest.raises(InputError, match="callbacks are objects of a class of Callback, not 3"):
        steepest.watch(None, optimizer, callbacks=[3])  # type: ignore[list-item]  # the mistake
