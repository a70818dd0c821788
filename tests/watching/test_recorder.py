"""What is recorded, that nothing else changes, and that nothing stays behind."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.errors import InputError
from steepest.results.watch import Watch
from steepest.watching.record import recorder
from steepest.watching.record.loss_history import LossHistory
from steepest.watching.record.pending_losses import PendingLoss, PendingLosses
from steepest.watching.record.snapshot import ProjectingReader
from steepest.watching.record.step_record import Layout


def small_net() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.3), nn.Linear(4, 1))


def wide_net() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 3000), nn.ReLU(), nn.Dropout(0.3), nn.Linear(3000, 1))


def train(
    make: Callable[[], nn.Module], watched: bool, every: Any = 1
) -> tuple[list[Tensor], Tensor]:
    """The parameters after three shuffled epochs, and the random numbers that come next."""
    torch.manual_seed(3)
    model = make()
    x = torch.randn(40, 3)
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8, shuffle=True)
    optimizer, loss_fn = torch.optim.Adam(model.parameters(), lr=0.01), nn.MSELoss()

    def loop() -> None:
        for _ in range(3):
            for rows, target in loader:
                optimizer.zero_grad()
                loss_fn(model(rows), target).backward()
                optimizer.step()

    if watched:
        with steepest.watch(model, optimizer, loss_fn, every=every):
            loop()
    else:
        loop()
    return [p.detach().clone() for p in model.parameters()], torch.rand(4)


@pytest.mark.parametrize("make", [small_net, wide_net])
@pytest.mark.parametrize("every", [1, 4, "auto"])
def test_training_is_the_same_bit_by_bit(make: Callable[[], nn.Module], every: Any) -> None:
    bare, numbers = train(make, watched=False)
    watched, same_numbers = train(make, watched=True, every=every)
    assert all(torch.equal(a, b) for a, b in zip(bare, watched, strict=True))
    assert torch.equal(numbers, same_numbers)


def parabola(
    steps: int,
    every: Any = 1,
    keep: int | None = None,
    before: Callable[[int], None] | None = None,
    power: int = 2,
) -> Watch:
    """(w − 2)² from w = 1 at rate 0.1: the error shrinks by 0.8 a step."""
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer, every=every, keep=keep) as run:
        for step in range(steps):
            if before is not None:
                before(step)
            optimizer.zero_grad()
            run.loss(((w - 2.0) ** power).sum()).backward()
            optimizer.step()
    return run


def test_everything_in_a_step_belongs_to_one_point() -> None:
    for step in list(parabola(12))[:-1]:
        error = -(0.8**step.index)
        assert step["w[0]"] == pytest.approx(2.0 + error, abs=1e-14)
        assert step.objective == pytest.approx(error**2, rel=1e-12)
        assert step.gradient == pytest.approx([2.0 * error], rel=1e-12)
        assert step.learning_rate == 0.1


def test_the_last_point_is_kept() -> None:
    run = parabola(3)
    assert run.path.epochs == 3
    assert run.path.last["w[0]"] == pytest.approx(2.0 - 0.8**3, abs=1e-14)
    assert np.isnan(run.path.last.objective)
    assert np.isnan(run.path.last.gradient).all()


def test_a_loss_after_the_last_step_belongs_to_the_last_point() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch(None, optimizer, every=1) as run:
        run.loss((w**2).sum()).backward()
        optimizer.step()
        run.loss(w.detach().square().sum())
    assert run.path.names == ("parameter0[0]",)
    assert run.path.last.objective == pytest.approx(0.64)


def test_the_path_grows() -> None:
    seen: list[int] = []
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch(None, optimizer, every=1) as run:
        for _ in range(3):
            seen.append(run.path.epochs)
            run.loss((w**2).sum()).backward()
            optimizer.step()
    assert seen == [0, 1, 2]


def test_every_third_step() -> None:
    assert parabola(10, every=3).path.recorded == (0, 3, 6, 9, 10)
    assert parabola(10, every=20).path.recorded == (0, 10)


@pytest.mark.parametrize(("every", "spacing"), [(1, 32), (3, 24)])
def test_thinning_keeps_first_last_and_evenly_spaced_steps(every: int, spacing: int) -> None:
    recorded = parabola(200, every=every, keep=10).path.recorded
    assert recorded == (*range(0, 200, spacing), 200)


def test_thinning_leaves_out_nothing_where_all_fits() -> None:
    assert parabola(49, keep=50).path.recorded == tuple(range(50))
    assert parabola(50, keep=50).path.recorded == tuple(range(0, 51, 2))
    assert parabola(100, keep=2).path.recorded == (0, 100)


def test_thinning_does_not_depend_on_when_the_path_is_looked_at() -> None:
    looks: list[int] = []
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch(None, optimizer, every=1, keep=10) as run:
        for _ in range(300):
            run.loss((w**2).sum()).backward()
            optimizer.step()
            looks.append(len(run.path))
    assert run.path.recorded == (*range(0, 300, 64), 300)
    assert max(looks) <= 11  # and the point where the loop stands


def test_thinning_keeps_steps_of_every_optimizer_and_the_edits() -> None:
    u, v = (torch.tensor([1.0], requires_grad=True) for _ in range(2))
    first, second = torch.optim.SGD([u], lr=0.1), torch.optim.SGD([v], lr=0.1)
    with steepest.watch({"u": u, "v": v}, [first, second], every=1, keep=20) as run:
        for round_ in range(100):
            run.loss((u**2 + v**2).sum()).backward()
            if round_ == 17:
                v.data.fill_(3.0)
            first.step()
            second.step()
    owners = [run.path.record(index).optimizer for index in run.path.recorded[:-1]]
    assert abs(owners.count(0) - owners.count(1)) <= 2
    assert run.path.edits == (34,)
    assert len(run.path) <= 21


def test_what_is_held_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "AT_ONCE", 0)  # no losses wait for others, now more, now fewer
    held = np.zeros(700, dtype=np.int64)

    def look(step: int) -> None:
        held[step] = tracemalloc.get_traced_memory()[0]

    parabola(700, keep=20)  # what is loaded once, and the room that Python keeps for objects
    tracemalloc.start()
    try:
        run = parabola(700, keep=20, before=look)
    finally:
        tracemalloc.stop()
    assert len(run.recorder.records.thinned()) <= 20
    # In each half the records are thinned several times, or once; one takes about 2000 bytes. The
    # loss of a step takes 20, and an eighth of that where the array grows.
    assert held[350:].max() < held[50:350].max() + 4000 + 350 * 20 * 9 // 8


def test_losses_beyond_millions_are_thinned() -> None:
    history = LossHistory(most=100)
    longest = 0
    for step in range(1234):
        history.ended.append((step, [PendingLoss(float(step), rows=4)]))
        curve = history.curve()
        longest = max(longest, len(curve.steps))
        assert curve.steps[-1] == curve.values[-1] == step
    assert longest <= 101
    assert curve.steps.tolist() == [*range(0, 1234, 16), 1233]


def test_what_waits_for_an_optimizer_that_never_steps_is_bounded() -> None:
    losses = PendingLosses(2, [])
    for _ in range(10_000):
        losses.take(1.0)
        losses.waiting[0] = []
    assert len(losses.of(1)) < 5000


def test_a_step_that_was_not_kept_is_said_to_be_missing() -> None:
    path = parabola(10, every=5).path
    with pytest.raises(InputError, match="step 3 was not kept; the nearest are 0 and 5"):
        path.at(3)
    with pytest.raises(InputError, match="there is no step 11: the loop has steps 0 to 10"):
        path.at(11)


def hooks_of(model: nn.Module, optimizer: torch.optim.Optimizer, loss: nn.Module) -> int:
    """How many hooks there are on all of them."""
    found = len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks)
    for module in (*model.modules(), loss):
        found += len(module._forward_hooks) + len(module._forward_pre_hooks)
    for tensor in model.parameters():
        found += len(tensor._backward_hooks or ())
        found += len(tensor._post_accumulate_grad_hooks or ())
    return found


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_no_hook_stays_and_the_path_is_kept(error: type[BaseException] | None) -> None:
    model, loss_fn = small_net(), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.randn(5, 3), torch.randn(5, 1)
    run = steepest.watch(model, optimizer, loss_fn, every=1)

    def loop() -> None:
        with run:
            for step in range(4):
                assert hooks_of(model, optimizer, loss_fn) > 0
                optimizer.zero_grad()
                loss_fn(model(x), y).backward()
                if step == 3 and error is not None:
                    raise error
                optimizer.step()

    if error is None:
        loop()
    else:
        with pytest.raises(error):
            loop()
        assert run.verdict.kind == "interrupted"
        assert "path up to step 3 is kept" in run.verdict.advice
    assert hooks_of(model, optimizer, loss_fn) == 0
    assert run.path.epochs == (4 if error is None else 3)


def test_no_hook_stays_of_a_loop_whose_losses_are_those_of_its_passes() -> None:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(140):  # most of them at rest
            optimizer.zero_grad()
            model(torch.ones(4, 2)).square().mean().backward()
            optimizer.step()
            assert len(run.path.objectives[0].values) == run.recorder.steps
    assert hooks_of(model, optimizer, nn.MSELoss()) == 0


def test_an_exception_inside_a_closure_leaves_no_hook() -> None:
    model, loss_fn = small_net(), nn.MSELoss()
    optimizer = torch.optim.LBFGS(model.parameters())

    def closure() -> float:
        raise RuntimeError("closure")

    run = steepest.watch(model, optimizer, loss_fn)
    with pytest.raises(RuntimeError, match="closure"), run:
        optimizer.step(closure)
    assert hooks_of(model, optimizer, loss_fn) == 0
    assert run.path.epochs == 0


def test_auto_sees_an_edit_between_steps_that_are_not_recorded() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer, every=10) as run:
        for step in range(25):
            if step == 13:
                with torch.no_grad():
                    w.fill_(5.0)
            optimizer.zero_grad()
            run.loss((w**2).sum()).backward()
            optimizer.step()
    assert run.path.edits == (20,)


def test_names_of_many_parameters_are_those_of_a_projection() -> None:
    torch.manual_seed(0)
    model, loss_fn = wide_net(), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(20, 3)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(5):
            optimizer.zero_grad()
            loss_fn(model(x), x[:, :1]).backward()
            optimizer.step()
            last = run.recorder.records.thinned()[-1]
    assert run.path.names == tuple(f"projection[{i}]" for i in range(8))
    assert run.path.record(2).parameters is None
    gradients = [float(p.grad.norm()) for p in model.parameters() if p.grad is not None]
    assert last.gradient_norms == pytest.approx(gradients, rel=1e-5)
    assert last.update_norms == pytest.approx([0.01 * g for g in gradients], rel=1e-2)
    # Without momentum the projected update is the projected gradient, times the rate.
    step, following = run.at(2), run.at(3)
    move = following.parameters - step.parameters
    assert move == pytest.approx(-0.01 * step.gradient, rel=1e-2, abs=1e-5)


def test_the_projection_keeps_distances_in_the_mean() -> None:
    tensors = [torch.from_numpy(np.random.default_rng(1).standard_normal(n)) for n in (5000, 9001)]
    layout = Layout.of({"a": (5000,), "b": (9001,)})
    lengths = []
    for seed in range(100):
        read = ProjectingReader(layout, seed).read(tensors)
        assert read.projection is not None
        lengths.append(float(np.square(read.projection).sum()))
    whole = sum(float(tensor.square().sum()) for tensor in tensors)
    assert np.mean(lengths) == pytest.approx(whole, rel=0.15)


def test_half_precision_and_scalars() -> None:
    w = torch.tensor(1.0, dtype=torch.bfloat16, requires_grad=True)
    v = torch.tensor([2.0], dtype=torch.float32, requires_grad=True)
    optimizer = torch.optim.SGD([w, v], lr=0.5)
    with steepest.watch({"w": w, "v": v}, optimizer, every=1) as run:
        run.loss((w * v).sum()).backward()
        optimizer.step()
    assert run.path.names == ("w", "v[0]")
    assert run.at(0).gradient == pytest.approx([2.0, 1.0])
    assert run.path.last.parameters == pytest.approx([0.0, 1.5])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((nn.Linear(1, 1), "adam"), "watch needs a torch optimizer"),
        ((nn.Linear(1, 1), []), "watch needs a torch optimizer"),
        ((nn.Linear(1, 1), [3]), "watch needs torch optimizers, not 3"),
        ((3, torch.optim.SGD([torch.zeros(1)], lr=1.0)), "watch takes a torch.nn.Module"),
        ((None, torch.optim.SGD([torch.zeros(1)], lr=1.0), 3), "loss_fn must be"),
    ],
)
def test_what_cannot_be_watched(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        steepest.watch(*arguments)


@pytest.mark.parametrize(("name", "value"), [("every", 0), ("every", "often"), ("keep", 1)])
def test_schedules_that_are_none(name: str, value: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    with pytest.raises(InputError, match=f"{name} must be"):
        steepest.watch(None, optimizer, **{name: value})


def test_before_the_block_there_is_no_path() -> None:
    run = steepest.watch(None, torch.optim.SGD([torch.zeros(1)], lr=1.0))
    with pytest.raises(InputError, match="put the loop into `with"):
        _ = run.path
    with run:
        pass
    assert run.verdict.reason == "No optimizer made a step inside the block."
    with pytest.raises(InputError, match="has been used"), run:
        pass


def test_the_scalar_whose_backward_pass_ran_is_the_loss() -> None:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer, every=1) as run:
        for _ in range(3):
            optimizer.zero_grad()
            for power in (2, 4):
                (w**power).sum().backward()
            optimizer.step()
    places = [
        record.parameters[0] for record in run.path.records[:-1] if record.parameters is not None
    ]
    losses = [(place**2 + place**4) / 2 for place in places]
    assert [record.objective for record in run.path.records[:-1]] == pytest.approx(
        losses, rel=1e-14
    )
    assert run.path.record(1).losses == 2


def test_a_loop_without_losses_says_how_they_are_handed_in() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with steepest.watch({"w": w}, optimizer) as run:
        for _ in range(3):
            optimizer.zero_grad()
            torch.autograd.backward([w[0] ** 2, w[0] ** 4])  # neither is the whole
            optimizer.step()
    assert "no loss came in" in run.verdict.reason
    assert "run.loss(loss)" in run.verdict.advice


@pytest.mark.parametrize("view", [None, "objective", "parameters", "gradient"])
def test_pictures(view: str | None) -> None:
    axes = parabola(30).plot(view)
    assert axes.lines


def test_pictures_of_the_objective_between_steps_are_elsewhere() -> None:
    with pytest.raises(InputError, match=r"steepest\.landscape"):
        parabola(5, power=4).plot("curve")


def test_a_quadratic_of_few_parameters_is_known_between_its_steps() -> None:
    assert parabola(5).plot("curve").lines
    assert parabola(5).forecast.stable_rate == pytest.approx(1.0, rel=1e-12)


def test_the_table() -> None:
    table = parabola(5).table()
    assert table.names == ("index", "w[0]", "objective", "gradient_w[0]", "learning_rate")
    assert table["w[0]"] == pytest.approx(2.0 - 0.8 ** np.arange(6), abs=1e-14)


class Wrapped(torch.optim.Optimizer):
    """As accelerate wraps an optimizer: nothing of its own, and a step that may be left out."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer, self.steps_now = optimizer, True

    def zero_grad(self, set_to_none: bool = True) -> None:
        if self.steps_now:
            self.optimizer.zero_grad(set_to_none)

    def step(self, closure: Any = None) -> Any:
        return self.optimizer.step(closure) if self.steps_now else None


def test_a_wrapped_optimizer_is_watched_where_it_steps() -> None:
    model, x = nn.Linear(3, 1), torch.ones(4, 3)
    optimizer = Wrapped(torch.optim.SGD(model.parameters(), lr=0.01))
    with steepest.watch(model, optimizer) as run:
        for batch in range(12):
            optimizer.steps_now = batch % 4 == 3
            (model(x).square().mean() / 4).backward()
            optimizer.step()
            optimizer.zero_grad()
    assert run.path.epochs == 3
    assert run.path.record(1).backwards == 4
    assert run.mistakes() == []
