"""Optimizers compared: each run is the loop as one would write it, from the same start."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.errors import InputError
from steepest.results.study import Study
from steepest.watching.measure.given_optimizers import label_of

SGD, Adam = torch.optim.SGD, torch.optim.Adam


def rows() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(48, 3, generator=generator)
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 1.0


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))


def loader() -> DataLoader[tuple[Tensor, ...]]:
    return DataLoader(TensorDataset(*rows()), 16, shuffle=True)


def compared(make_optimizer: Any, **options: Any) -> Study:
    given = {"loss_fn": nn.MSELoss(), "loader": loader(), "epochs": 3, **options}
    return steepest.compare(network, make_optimizer=make_optimizer, **given)


def by_hand(make: Any, seed: int = 0, epochs: int = 3) -> nn.Module:
    """The loop, seeded as the comparison says."""
    torch.manual_seed(seed)
    model = network()
    optimizer = make(model.parameters())
    torch.manual_seed(seed)
    for _ in range(epochs):
        for x, y in loader():
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    return model.eval()


def test_each_run_is_the_loop_written_by_hand() -> None:
    makers = [lambda p: SGD(p, lr=0.05), lambda p: Adam(p, lr=0.01)]
    found = compared(makers)
    assert found.labels == ("SGD lr=0.05", "Adam lr=0.01")
    for make, path, values in zip(makers, found, found.objectives, strict=True):
        model = by_hand(make)
        flat = torch.cat([p.detach().reshape(-1) for p in model.parameters()]).double()
        assert np.array_equal(path.last.parameters, flat.numpy())
        x, y = rows()
        with torch.no_grad():
            end = float(nn.functional.mse_loss(model(x), y))
        assert values[-1] == path.last.objective == pytest.approx(end, rel=1e-6)
        assert (path.epochs, len(values)) == (9, 4)


def test_all_begin_alike_and_see_the_same_batches() -> None:
    found = compared([SGD, SGD, "adam"], lr=0.05)
    first, second, adam = found.paths
    assert found.labels == ("SGD lr=0.05", "SGD lr=0.05 (2)", "Adam lr=0.05")
    steps = [(step.objective, step.parameters.tolist()) for step in first]
    assert steps == [(step.objective, step.parameters.tolist()) for step in second]
    assert first.at(0).objective == adam.at(0).objective
    assert first.at(0).gradient.tolist() == adam.at(0).gradient.tolist()
    assert first.at(1).objective != adam.at(1).objective


def test_random_states_are_put_back() -> None:
    generator = torch.Generator().manual_seed(8)
    batches = DataLoader(TensorDataset(*rows()), 16, shuffle=True, generator=generator)
    before, order = torch.get_rng_state(), generator.get_state()
    first = compared([SGD], loader=batches, lr=0.1)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(order, generator.get_state())
    assert compared([SGD], loader=batches, lr=0.1).objectives[0].tolist() == (
        first.objectives[0].tolist()
    )


def test_a_model_is_copied_for_each_run() -> None:
    torch.manual_seed(0)
    model = network()
    before = [p.detach().clone() for p in model.parameters()]
    found = steepest.compare(
        model, make_optimizer={"slow": SGD, "fast": lambda p: SGD(p, lr=0.1)},
        loss_fn=nn.functional.mse_loss, loader=rows(), epochs=2,
    )  # fmt: skip
    assert found.labels == ("slow", "fast")
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    flat = torch.cat([p.reshape(-1) for p in before]).double().numpy()
    assert all(np.array_equal(path.at(0).parameters, flat) for path in found)


def test_a_run_that_diverges_ends_early_and_is_not_the_best() -> None:
    found = compared([lambda p: SGD(p, lr=1e9), lambda p: SGD(p, lr=0.05)], epochs=8)
    assert found.paths[0].epochs < 24
    assert found.runs[0].ended == "diverged"
    assert found.best is found["SGD lr=0.05"] is found[1]
    assert found.runs[1].objective < found.runs[1].initial_objective


def test_lbfgs_gets_its_closure() -> None:
    found = steepest.compare(
        lambda: nn.Linear(3, 1), make_optimizer=["lbfgs", lambda p: SGD(p, lr=0.05)],
        loss_fn=nn.MSELoss(), loader=rows(), epochs=5,
    )  # fmt: skip
    assert found.labels == ("LBFGS lr=1", "SGD lr=0.05")
    assert found.best is found["LBFGS lr=1"]
    assert found.runs[0].objective < 1e-6
    assert found.paths[0].epochs == 5


def test_ctrl_c_keeps_what_there_is() -> None:
    calls = []

    def loss(output: Tensor, target: Tensor) -> Tensor:
        calls.append(1)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return nn.functional.mse_loss(output, target)

    # Three batches an epoch: 12 calls look at the objective and 9 descend, so this is the last one.
    found = compared([SGD, Adam], loss_fn=loss)
    assert len(found) == 1
    assert found.paths[0].epochs > 0


def test_table_words_and_report(tmp_path: Path) -> None:
    found = compared([lambda p: SGD(p, lr=0.05), lambda p: Adam(p, lr=0.01)])
    heads, *lines = found.table()
    assert heads == ["run", "epochs", "updates", "objective", "verdict"]
    assert [line[0] for line in lines] == list(found.labels)
    assert found.labels[found.best_place] in repr(found)
    assert found["Adam lr=0.01"] is found[1]
    with pytest.raises(InputError, match=r"no run 'Adam'; it has SGD lr=0.05, Adam lr=0.01"):
        found["Adam"]
    runs: Any = found.to_dict()["runs"]
    assert runs[0]["objectives"] == found.objectives[0].tolist()
    found.report(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "2 descents on one model" in text
    assert "Adam lr=0.01" in text
    assert text.count("<script") == 2  # the numbers, and the module that draws them
    axes = found.plot()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "objective")
    assert axes.lines[0].get_ydata().tolist() == found.objectives[0].tolist()


def test_rates_batch_sizes_and_starts_are_combined() -> None:
    found = compared(
        ["sgd", "adam"], lr=[0.01, 0.05], batch_size=[None, 48], starts=[0, 3], epochs=2
    )
    assert len(found) == 16
    assert found.labels[:3] == (
        "SGD lr=0.01, the loader's batches, start 0",
        "SGD lr=0.01, batch 48, start 0",
        "SGD lr=0.05, the loader's batches, start 0",
    )
    assert found.labels[15] == "Adam lr=0.05, batch 48, start 3"
    assert [run.updates for run in found.runs[:2]] == [6, 2]
    alike = [path.at(0).parameters.tolist() for path in found]
    assert all(start == alike[0] for start in alike[:8])
    assert all(start == alike[8] for start in alike[8:])
    assert alike[0] != alike[8]
    torch.manual_seed(3)
    flat = torch.cat([p.detach().reshape(-1) for p in network().parameters()]).double()
    assert alike[8] == flat.tolist()


def test_labels_of_ones_own_bear_the_rate_where_there_are_several() -> None:
    found = compared({"mine": SGD}, lr=[0.01, 0.05], epochs=1)
    assert found.labels == ("mine lr=0.01", "mine lr=0.05")
    with pytest.raises(InputError, match="this loader has its own, leave batch_size out"):
        compared([SGD], loader=[rows()], batch_size=[4])


def test_labels_tell_what_is_not_usual() -> None:
    w = [torch.zeros(1)]
    assert label_of(Adam(w, lr=1e-2, betas=(0.8, 0.99))) == "Adam lr=0.01 betas=(0.8, 0.99)"
    assert label_of(SGD(w, lr=0.1, momentum=0.9, nesterov=True)) == (
        "SGD lr=0.1 momentum=0.9 nesterov=True"
    )
    assert label_of(Adam(w, foreach=True)) == "Adam lr=0.001"


def test_what_cannot_be_compared_is_told() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"make_optimizer": []}, "make_optimizer is empty; give at least one"),
        ({"make_optimizer": ["adem"]}, r"no optimizer 'adem'\. Did you mean 'adam'"),
        ({"make_optimizer": [3]}, "make_optimizer holds 3; give functions of the parameters"),
        ({"make_optimizer": [lambda p: 3]}, "make_optimizer gave 3; it must take the parameters"),
        ({"make_optimizer": [SGD], "lr": []}, "lr is an empty list; give at least one"),
        ({"make_optimizer": [SGD], "optimizer": "adam"}, "are given by make_optimizer"),
        ({"make_optimizer": [SGD], "start": 1}, "a model takes no start: starts are seeds"),
        ({"make_optimizer": [SGD], "batch_size": [0]}, "batch_size holds 0; give whole numbers"),
        ({"make_optimizer": [SGD], "momentum": 1}, "a study of a model has no option 'momentum'"),
        ({"make_optimizer": [lambda p: SGD(p)], "lr": 0.1}, "lr is for optimizers given by class"),
        ({"make_optimizer": [SGD], "lr": -1.0}, "lr is -1.0; give a number above 0"),
        ({"make_optimizer": [SGD], "epochs": 0}, "epochs is 0; give a whole number"),
        ({"make_optimizer": [SGD], "loader": iter([rows()])}, "can be gone through only once"),
        ({"make_optimizer": [SGD], "loader": []}, "the loader is empty"),
    ]
    for given, message in wrong:
        with pytest.raises(InputError, match=message):
            compared(**given)
    with pytest.raises(InputError, match="to compare optimizers on a model, give make_optimizer="):
        steepest.compare(network, loss_fn=nn.MSELoss(), loader=rows())
    with pytest.raises(InputError, match="make_optimizer is for models"):
        wrong_model: Any = 3
        steepest.compare(wrong_model, make_optimizer=[SGD], loss_fn=nn.MSELoss(), loader=rows())
    made = iter([nn.Linear(3, 1), nn.Linear(3, 1)])
    with pytest.raises(InputError, match="make_model gave another start the second time"):
        steepest.compare(
            lambda: next(made), make_optimizer=[SGD, Adam], loss_fn=nn.MSELoss(), loader=rows()
        )
