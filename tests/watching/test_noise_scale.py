"""The gradient noise scale is that of the rows' own gradients, or it is not told."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.errors import InputError
from steepest.watching.measure.noise_scale import NoiseScale


def network() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()


def rows(count: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    return x, x[:, :1] + 0.5 * torch.randn(count, 1, generator=generator, dtype=torch.float64)


def row_gradients(model: nn.Module, x: Tensor, y: Tensor) -> np.ndarray:
    """The gradient of each row's loss, (n, d), by torch.func."""
    state = {name: value.detach() for name, value in model.named_parameters()}

    def loss(state: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        output = torch.func.functional_call(model, state, (x[None],))
        return nn.functional.mse_loss(output, y[None])

    found = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(state, x, y)
    return torch.cat([part.reshape(len(x), -1) for part in found.values()], dim=1).numpy()


def direct(gradients: np.ndarray) -> tuple[float, float]:
    """tr(Σ) and |G|² of rows, unbiased."""
    variance = float(np.trace(np.cov(gradients.T)))
    return variance, float(np.square(gradients.mean(axis=0)).sum()) - variance / len(gradients)


def test_batches_of_one_row_give_what_the_rows_give() -> None:
    model, (x, y) = network(), rows(40)
    found = NoiseScale.of(model, nn.MSELoss(), [(x[k : k + 1], y[k : k + 1]) for k in range(40)])
    variance, square = direct(row_gradients(model, x, y))
    assert (found.variance, found.square) == pytest.approx((variance, square), rel=1e-10)
    assert found.scale == pytest.approx(variance / square, rel=1e-10)
    assert (found.batches, found.rows) == (40, 40)


def partitions(count: int, size: int) -> Iterator[list[tuple[int, ...]]]:
    """All ways to part so many rows into batches of one size."""

    def parted(left: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
        if not left:
            yield []
        for rest in combinations(left[1:], size - 1) if left else ():
            batch = (left[0], *rest)
            for others in parted(tuple(k for k in left if k not in batch)):
                yield [batch, *others]

    return parted(tuple(range(count)))


def test_larger_batches_are_unbiased() -> None:
    """Over all 105 ways to part 8 rows into pairs the means are exactly those of the rows."""
    model, (x, y) = network(), rows(8)
    found = [
        NoiseScale.of(model, nn.MSELoss(), [(x[list(pair)], y[list(pair)]) for pair in pairs])
        for pairs in partitions(8, 2)
    ]
    assert len(found) == 105
    variance, square = direct(row_gradients(model, x, y))
    assert np.mean([each.variance for each in found]) == pytest.approx(variance, rel=1e-10)
    assert np.mean([each.square for each in found]) == pytest.approx(square, rel=1e-10)


def test_batches_of_several_sizes_and_errors_by_leaving_one_out() -> None:
    model, (x, y) = network(), rows(60)
    ends = [0, 5, 20, 30, 48, 60]
    batches = [(x[a:b], y[a:b]) for a, b in pairwise(ends)]
    found = NoiseScale.of(model, nn.MSELoss(), batches)
    gradients, sizes = row_gradients(model, x, y), np.diff(ends)
    means = np.array([gradients[a:b].mean(axis=0) for a, b in pairwise(ends)])

    def of(kept: list[int]) -> tuple[float, float]:
        whole = sizes[kept].sum()
        mean = sizes[kept] @ means[kept] / whole
        apart = np.square(means[kept] - mean).sum(axis=1)
        variance = sizes[kept] @ apart / (len(kept) - 1)
        return variance, mean @ mean - variance / whole

    assert (found.variance, found.square) == pytest.approx(of([0, 1, 2, 3, 4]), rel=1e-10)
    without = np.array([of([k for k in range(5) if k != left]) for left in range(5)])
    error = np.sqrt(0.8 * np.square(without[:, 1] - without[:, 1].mean()).sum())
    assert found.square_error == pytest.approx(error, rel=1e-9)


def test_it_covers_the_truth_as_often_as_its_error_says() -> None:
    """Of a gradient that is a row itself: tr(Σ) and |G|² are those of the normal distribution."""
    model = nn.Linear(5, 1, bias=False).double()
    loss = steepest.BatchLoss(lambda model, batch: model(batch).mean())
    generator = torch.Generator().manual_seed(0)
    inside = 0
    for _ in range(20):
        batches = [torch.randn(16, 5, generator=generator).double() + 0.4 for _ in range(12)]
        found = NoiseScale.of(model, loss, batches)
        inside += abs(found.scale - 5.0 / (5 * 0.4**2)) <= 2.0 * found.scale_error
    assert 17 <= inside <= 20


def test_noise_alone_is_not_told() -> None:
    model = nn.Linear(5, 1, bias=False).double()
    loss = steepest.BatchLoss(lambda model, batch: model(batch["x"]).mean())
    generator = torch.Generator().manual_seed(3)
    found = NoiseScale.of(
        model, loss, [{"x": torch.randn(8, 5, generator=generator).double()} for _ in range(16)]
    )
    assert np.isnan(found.scale) and found.batch_size is None
    assert found.variance == pytest.approx(5.0, rel=0.5)
    assert str(found).startswith("The gradient noise scale cannot be told")
    assert found.to_dict()["scale"] is None


def test_rows_that_agree_need_one_row() -> None:
    model, x = nn.Linear(2, 1), torch.ones(3, 2)
    found = NoiseScale.of(model, nn.MSELoss(), 4 * [(x, 2 * x[:, :1])])
    assert found.scale == pytest.approx(0.0, abs=1e-9)
    assert found.batch_size == 1


def test_a_watched_loop_has_it_and_stays_as_it_is() -> None:
    model, (x, y) = network(), rows(64)
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.MSELoss()
    loader = DataLoader(TensorDataset(x, y), 8, shuffle=True)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for inputs, target in loader:
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    before = [value.clone() for value in model.parameters()]
    random, slopes = torch.get_rng_state(), [value.grad for value in model.parameters()]
    found = run.noise_scale(loader)
    assert (found.batches, found.rows) == (8, 64)
    assert torch.equal(random, torch.get_rng_state())
    assert all(value.grad is slope for value, slope in zip(model.parameters(), slopes, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True))
    assert run.noise_scale(loader, most=4).rows == 32


@pytest.mark.parametrize(
    ("loss_fn", "count", "scale", "message"),
    [
        (nn.MSELoss(reduction="sum"), 4, 1.0, "needs the mean loss of a batch"),
        (nn.MSELoss(), 3, 1.0, "needs at least 4 batches.*gave 3$"),
        (nn.MSELoss(), 4, float("nan"), "the gradient of a batch is not finite"),
    ],
)
def test_what_is_refused(loss_fn: Any, count: int, scale: float, message: str) -> None:
    x, y = rows(4)
    with pytest.raises(InputError, match=message):
        NoiseScale.of(network(), loss_fn, count * [(x, scale * y)])
