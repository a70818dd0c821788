"""Each optimizer of a loop is recorded with its own losses."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.pictures.gradient import GradientView
from steepest.pictures.subject import Subject
from steepest.reports.watch_tables import steps_table, tensors_table
from steepest.results.watch import Watch


class Level(nn.Module):
    """A loss that is the same number at all parameters, and reaches them."""

    def forward(self, parameter: Tensor, level: Tensor) -> Tensor:
        return level + 0.0 * parameter.sum()


def two() -> tuple[dict[str, Tensor], list[torch.optim.Optimizer]]:
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    return {"a": a, "b": b}, [torch.optim.SGD([a], lr=0.1), torch.optim.SGD([b], lr=0.1)]


def alternately(run: Watch, loss: nn.Module, tensors: dict[str, Tensor]) -> None:
    """The losses of a step are computed just before it."""
    optimizers = run.optimizers
    for tensor, level, optimizer in zip(tensors.values(), (1.0, 3.0), optimizers, strict=True):
        optimizer.zero_grad()
        loss(tensor, torch.tensor(level)).backward()
        optimizer.step()


def losses_first(run: Watch, loss: nn.Module, tensors: dict[str, Tensor]) -> None:
    losses = [loss(t, torch.tensor(x)) for t, x in zip(tensors.values(), (1.0, 3.0), strict=True)]
    for optimizer, value in zip(run.optimizers, losses, strict=True):
        optimizer.zero_grad()
        value.backward()
        optimizer.step()


def passes_first(run: Watch, loss: nn.Module, tensors: dict[str, Tensor]) -> None:
    for optimizer in run.optimizers:
        optimizer.zero_grad()
    for tensor, level in zip(tensors.values(), (1.0, 3.0), strict=True):
        loss(tensor, torch.tensor(level)).backward()
    for optimizer in run.optimizers:
        optimizer.step()


@pytest.mark.parametrize("form", [alternately, losses_first, passes_first])
def test_two_losses_are_not_mixed(form: Callable[..., None]) -> None:
    tensors, optimizers = two()
    loss = Level()
    with steepest.watch(tensors, optimizers, loss, every=1) as run:
        for _ in range(3):
            form(run, loss, tensors)
    assert [record.objective for record in run.path.records[:-1]] == [1.0, 3.0] * 3
    assert [record.optimizer for record in run.path.records[:-1]] == [0, 1] * 3


def test_a_shared_loss_belongs_to_both() -> None:
    tensors, optimizers = two()
    a, b = tensors.values()
    with steepest.watch(tensors, optimizers, every=1) as run:
        for level in (4.0, 2.0, 1.0):
            for optimizer in optimizers:
                optimizer.zero_grad()
            run.loss(level + 0.0 * (a * b).sum()).backward()
            for optimizer in optimizers:
                optimizer.step()
    assert [record.objective for record in run.path.records[:-1]] == [4.0, 4.0, 2.0, 2.0, 1.0, 1.0]


def test_a_generators_loss_that_passes_through_the_critic_is_the_generators() -> None:
    torch.manual_seed(0)
    generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    loss_fn = nn.BCEWithLogitsLoss()
    optimizers = [torch.optim.Adam(part.parameters(), lr=0.001) for part in (critic, generator)]
    noted: list[float] = []
    with steepest.watch(nn.ModuleList([critic, generator]), optimizers, loss_fn, every=1) as run:
        for _ in range(5):
            real, fake = torch.randn(8, 2), generator(torch.randn(8, 2))
            optimizers[0].zero_grad()
            losses = [
                loss_fn(critic(real), torch.ones(8, 1)),
                loss_fn(critic(fake.detach()), torch.zeros(8, 1)),
            ]
            sum(losses, torch.zeros(())).backward()
            optimizers[0].step()
            noted.append(sum(float(loss.detach()) for loss in losses) / 2)
            optimizers[1].zero_grad()
            fooled = loss_fn(critic(fake), torch.ones(8, 1))
            fooled.backward()
            optimizers[1].step()
            noted.append(float(fooled.detach()))
    assert [record.objective for record in run.path.records[:-1]] == pytest.approx(noted, rel=1e-6)


def adversaries(every: int | str = "auto") -> Watch:
    """A critic and a generator that play against each other, on two numbers."""
    torch.manual_seed(0)
    parts = nn.ModuleDict(
        {
            "generator": nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)),
            "critic": nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)),
        }
    )
    generator, critic = parts["generator"], parts["critic"]
    optimizers = [torch.optim.Adam(part.parameters(), lr=0.01) for part in (critic, generator)]
    loss = nn.functional.binary_cross_entropy_with_logits
    with steepest.watch(parts, optimizers, every=every) as run:  # type: ignore[arg-type]
        for _ in range(150):
            real, fake = 3.0 + torch.randn(32, 2), generator(torch.randn(32, 2))
            optimizers[0].zero_grad()
            scores = torch.cat([critic(real), critic(fake.detach())])
            loss(scores, torch.cat([torch.ones(32, 1), torch.zeros(32, 1)])).backward()
            optimizers[0].step()
            optimizers[1].zero_grad()
            loss(critic(fake), torch.ones(32, 1)).backward()
            optimizers[1].step()
    return run


def test_every_loss_of_adversaries_without_a_loss_module_is_its_own() -> None:
    recorded, kept = adversaries(every=1), adversaries()
    assert kept.objective.tolist() == recorded.objective.tolist()
    assert kept.losses["optimizer"].tolist() == [0, 1] * 150
    objectives = [record.objective for record in recorded.path.records[:-1]]
    assert recorded.objective.tolist() == objectives


def test_adversaries_have_a_curve_and_a_verdict_each(tmp_path: Path) -> None:
    run = adversaries()
    names = ["Adam of critic", "Adam of generator"]
    assert [text.get_text() for text in run.plot().get_legend().get_texts()] == names
    assert list(run.verdict.parts) == names
    assert run.verdict.kind in [part.kind for part in run.verdict.parts.values()]
    assert run.verdict.kind not in ("diverged", "plateau")
    assert list(run.verdict.to_dict()["parts"]) == names  # type: ignore[call-overload]
    curves = run.path.objective_curves
    for name, curve in zip(names, curves, strict=True):
        assert f"{name}, {run.verdict.parts[name].kind}: " in run.verdict.reason
        assert f"{name}: {curve.values[0]:.6g} → {curve.values[-1]:.6g}" in repr(run)
    run.report(tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text()
    assert all(f"objective last, {name}" in page for name in names)


def test_quadratics_of_two_optimizers_are_not_judged_as_one() -> None:
    """The first rises away from its minimum, the second comes to its own."""
    tensors, _ = two()
    optimizers = [
        torch.optim.SGD([t], lr=lr) for t, lr in zip(tensors.values(), (1.1, 0.3), strict=True)
    ]
    with steepest.watch(tensors, optimizers, every=1) as run:
        for _ in range(20):
            for tensor, optimizer in zip(tensors.values(), optimizers, strict=True):
                optimizer.zero_grad()
                run.loss((tensor**2).sum()).backward()
                optimizer.step()
    kinds = {name: part.kind for name, part in run.verdict.parts.items()}
    assert kinds["SGD of a"] == run.verdict.kind == "diverged"
    assert kinds["SGD of b"] in ("max steps", "converged")


@pytest.mark.parametrize("share", [False, True])
def test_two_unwatched_optimizers_that_step_in_turn_are_not_made_anew(share: bool) -> None:
    model = nn.Linear(3, 1)
    parameters = [*model.parameters()]
    watched = torch.optim.SGD(parameters, lr=0.01)
    others = [
        torch.optim.SGD(parameters if share else [each], lr=0.01, momentum=0.9)
        for each in parameters
    ]
    with steepest.watch(model, watched) as run:
        for k in range(40):
            watched.zero_grad()
            model(torch.ones(4, 3)).square().mean().backward()
            others[k % 2].step()
    text = next(each.text for each in run.mistakes() if each.kind == "another optimizer")
    assert "SGD made 40 steps" in text
    assert "times" not in text


def test_an_optimizer_that_each_epoch_makes_is_counted_beside_another_models() -> None:
    model, other = nn.Linear(3, 1), nn.Linear(3, 1)
    watched = torch.optim.SGD(model.parameters(), lr=0.01)
    elsewhere = torch.optim.Adam(other.parameters())
    with steepest.watch(model, watched) as run:
        for _ in range(10):
            anew = torch.optim.Adam(model.parameters())
            for _ in range(4):
                anew.zero_grad()
                (model(torch.ones(4, 3)) + other(torch.ones(4, 3))).square().mean().backward()
                anew.step()
                elsewhere.step()
    text = next(each.text for each in run.mistakes() if each.kind == "another optimizer")
    assert "Adam made 40 steps" in text
    assert "made 10 times" in text


def test_the_update_of_a_tensor_is_measured_at_its_own_optimizers_steps() -> None:
    tensors, optimizers = two()
    with steepest.watch(tensors, optimizers, every=1) as run:
        for _ in range(2):
            for tensor, optimizer, slope in zip(tensors.values(), optimizers, (1, 2), strict=True):
                optimizer.zero_grad()
                (slope * tensor).sum().backward()
                optimizer.step()
    rows = tensors_table(run.path).split("update / norm, median")[1].split("<tr>")
    cells = [row.split("</td>")[-2].rpartition(">")[2] for row in rows[1:3]]
    # 0.1 of 1 and of 0.9; 0.2 of 1 and of 0.8.
    assert cells == ["0.106", "0.225"]


def test_each_curve_of_a_picture_stands_in_its_legend() -> None:
    u, v = (torch.tensor([size], requires_grad=True) for size in (1.0, 3.0))
    optimizers = [torch.optim.SGD([u], lr=0.01), torch.optim.Adam([v], lr=0.01)]
    with steepest.watch({"u": u, "v": v}, optimizers) as run:
        for _ in range(30):
            for tensor, optimizer in zip((u, v), optimizers, strict=True):
                optimizer.zero_grad()
                tensor.square().sum().backward()
                optimizer.step()
    legend = run.plot("objective").get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["SGD of u", "Adam of v"]


def test_each_optimizer_has_its_curve_of_the_gradient() -> None:
    # The gradient of a² is 2a, and a step of 0.1 leaves 0.8 of it; that of 3b is 3.
    tensors, optimizers = two()
    with steepest.watch(tensors, optimizers, every=1) as run:
        for _ in range(4):
            for optimizer in optimizers:
                optimizer.zero_grad()
            (tensors["a"].square().sum() + 3.0 * tensors["b"].sum()).backward()
            for optimizer in optimizers:
                optimizer.step()
    first, second = run.plot("gradient").lines
    assert list(first.get_xdata()) == [0, 2, 4, 6] and list(second.get_xdata()) == [1, 3, 5, 7]
    assert first.get_ydata() == pytest.approx([2.0, 1.6, 1.28, 1.024])
    assert second.get_ydata() == pytest.approx([3.0, 3.0, 3.0, 3.0])
    names = [curve.name for curve in run.path.objective_curves]
    assert [line.get_label() for line in (first, second)] == names and len(set(names)) == 2


def test_each_of_two_optimizers_is_recorded_as_often() -> None:
    first, second = nn.Linear(2, 1), nn.Linear(2, 1)
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.01) for each in (first, second)]
    with steepest.watch(nn.ModuleList([first, second]), optimizers) as run:
        for _ in range(100):
            for model, optimizer in zip((first, second), optimizers, strict=True):
                optimizer.zero_grad()
                model(torch.ones(4, 2)).square().mean().backward()
                optimizer.step()
    owners = [record.optimizer for record in run.path.records[:-1]]
    assert owners.count(0) == owners.count(1) > 25


@pytest.mark.parametrize("steps", [3, 90])
def test_losses_of_a_model_that_is_not_watched_are_not_taken(steps: int) -> None:
    tensors, (first, second) = two()
    loss = Level()
    with steepest.watch({"a": tensors["a"]}, first, loss) as run:
        for _ in range(steps):
            for optimizer, tensor, level in zip(
                (first, second), tensors.values(), (1.0, 3.0), strict=True
            ):
                optimizer.zero_grad()
                loss(tensor, torch.tensor(level)).backward()
                optimizer.step()
    assert run.objective.tolist() == [1.0] * steps


@pytest.mark.parametrize("steps", [3, 90])
def test_a_loss_shared_with_a_model_that_is_not_watched_is_taken(steps: int) -> None:
    tensors, (first, second) = two()
    loss = Level()
    with steepest.watch({"a": tensors["a"]}, first, loss) as run:
        for step in range(steps):
            loss(tensors["a"] + tensors["b"], torch.tensor(float(step))).backward()
            for optimizer in (second, first):
                optimizer.step()
                optimizer.zero_grad()
    assert run.objective.tolist() == [float(step) for step in range(steps)]


def test_both_curves_stand_in_the_optimizers_order_whoever_steps_first() -> None:
    tensors, (first, second) = two()
    loss = Level()
    with steepest.watch(tensors, [first, second], loss, every=1) as run:
        for _ in range(3):
            for optimizer, name in ((second, "b"), (first, "a")):
                optimizer.zero_grad()
                (loss(tensors[name], torch.tensor(1.0)) + tensors[name].square().sum()).backward()
                optimizer.step()
    names = [curve.name for curve in run.path.objective_curves]
    drawn = GradientView.of(Subject.of(run.path))
    assert [name for name, _, _ in drawn.curves] == names == ["SGD of a", "SGD of b"]


def test_an_update_that_is_no_number_is_not_0_in_the_table() -> None:
    tensors, (first, _) = two()
    with steepest.watch({"a": tensors["a"]}, first, every=1) as run:
        for _ in range(2):
            first.zero_grad()
            (tensors["a"] * torch.nan).sum().backward()
            first.step()
    text = re.sub("<[^>]*>", " ", str(steps_table(run.path)))
    assert re.findall(r"– +– +(\S+) +0\.1 ", text) == ["–", "–", "–"]
