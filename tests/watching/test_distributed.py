"""Several processes that train together: the first records, and all train as they would."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

import steepest
from steepest.errors import InputError


def rank_1(_: int, folder: str) -> None:
    torch.set_num_threads(1)
    work(1, folder)


def work(rank: int, folder: str) -> None:
    """One of two processes; writes down what it saw."""
    meeting, patience = f"file://{folder}/meeting", timedelta(minutes=10)
    distributed.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=2, timeout=patience
    )
    found = {"bare": train(rank, watched=False), "watched": train(rank, watched=True)}
    torch.save(found, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


def train(rank: int, *, watched: bool) -> dict[str, Any]:
    """What the loop itself saw, and what was recorded of it."""
    torch.manual_seed(rank)
    inner = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.2), nn.Linear(4, 1))
    model = DistributedDataParallel(inner)
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.1), nn.MSELoss()
    x = torch.randn(8, 3)
    losses: list[float] = []
    gradients: list[list[torch.Tensor]] = []

    def loop() -> None:
        for _ in range(6):
            optimizer.zero_grad()
            loss = loss_fn(model(x), x.sum(1, keepdim=True))
            loss.backward()
            losses.append(loss.item())
            gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
            optimizer.step()

    found: dict[str, Any] = {}
    if watched:
        run = steepest.watch(model, optimizer, loss_fn, every=1)
        with run:
            loop()
        found = seen(run)
    else:
        loop()
    parameters = [p.detach() for p in model.parameters()]
    end = {"parameters": parameters, "random": torch.rand(3), "losses": losses}
    return {**end, "gradients": gradients, **found}


def seen(run: Any) -> dict[str, Any]:
    """What was recorded here, or why nothing was."""
    try:
        path = run.path
    except InputError as error:
        return {"error": str(error), "text": repr(run)}
    return {
        "names": list(path.layout.tensors),
        "objectives": [step.objective for step in path][:-1],
        "slopes": [step.gradient.tolist() for step in path][:-1],
        "mistakes": [str(finding) for finding in run.mistakes()],
    }


@pytest.mark.skipif(not distributed.is_gloo_available(), reason="torch was built without gloo")
def test_two_processes(tmp_path: Path) -> None:
    other = spawn(rank_1, (str(tmp_path),), nprocs=1, join=False)
    work(0, str(tmp_path))
    assert other is not None
    other.join()
    ends = [torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)]
    for end in ends:
        bare, watched = end["bare"], end["watched"]
        assert torch.equal(bare["random"], watched["random"])
        assert bare["losses"] == watched["losses"]
        pairs = zip(bare["parameters"], watched["parameters"], strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    first, second = (end["watched"] for end in ends)
    assert second["error"] == (
        "the first of several processes (rank 0) records; this one does not."
    )
    assert first["names"] == ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert first["objectives"] == pytest.approx(first["losses"])
    # The gradient is the mean over both processes, which is what the step uses.
    for slope, parts in zip(first["slopes"], first["gradients"], strict=True):
        assert slope == pytest.approx(torch.cat([part.flatten() for part in parts]).tolist())
    assert first["mistakes"] == []
