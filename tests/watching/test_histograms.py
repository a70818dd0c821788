"""Histograms of a loop's tensors are NumPy's, of the numbers that stood there."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import steepest
from steepest.errors import InputError
from steepest.pictures.histograms import HistogramsView, Panel
from steepest.reports.watch_charts import histogram_charts
from steepest.results.watch import Watch

KINDS = ("parameters", "gradients", "updates")


def train(model: nn.Module, steps: int = 5, **options: Any) -> tuple[Watch, list[Any]]:
    """The loop, and the tensors of each step as they were: parameters, gradients, updates."""
    optimizer, loss_fn = torch.optim.Adam(model.parameters(), lr=0.01), nn.MSELoss()
    x = torch.randn(16, 3, generator=torch.Generator().manual_seed(1))
    seen = []
    with steepest.watch(model, optimizer, loss_fn, **{"every": 1, **options}) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), torch.sin(x[:, :1])).backward()
            before = [value.detach().clone() for value in model.parameters()]
            slopes = [None if v.grad is None else v.grad.clone() for v in model.parameters()]
            optimizer.step()
            pairs = zip(model.parameters(), before, strict=True)
            seen.append((before, slopes, [now.detach() - then for now, then in pairs]))
    return run, seen


def network(width: int = 40) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 1))


@pytest.mark.parametrize("width", [40, 3000])  # every number is recorded, or a projection
def test_each_is_what_numpy_counts(width: int) -> None:
    model = network(width)
    run, seen = train(model, histograms=True)
    found = run.histograms()
    assert found.steps.tolist() == [0, 1, 2, 3, 4]
    for step, tensors in enumerate(seen):
        for kind, values in zip(KINDS, tensors, strict=True):
            for (name, _), value in zip(model.named_parameters(), values, strict=True):
                counts, edges = found.at(step, name, kind)
                expected, expected_edges = np.histogram(value.double().numpy(), 64)
                np.testing.assert_allclose(edges, expected_edges, rtol=1e-12, atol=1e-300)
                # Of a number on an edge the last bit of float32 says in which bin it lies.
                assert counts.sum() == expected.sum() == value.numel()
                assert np.abs(np.cumsum(counts - expected)).max() <= 1


def test_the_loop_does_not_notice() -> None:
    plain, counted = network(), network()
    torch.manual_seed(0)
    train(plain)
    state = torch.get_rng_state()
    torch.manual_seed(0)
    train(counted, histograms=True)
    assert torch.equal(state, torch.get_rng_state())
    pairs = zip(plain.parameters(), counted.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_they_are_thinned_as_the_steps_are() -> None:
    run, _ = train(network(), steps=200, keep=10, histograms=True)
    assert len(run.histograms().steps) <= 10
    assert run.histograms().steps.tolist() == list(run.path.recorded[:-1])


def test_tensors_without_a_gradient_and_numbers_that_are_not_finite_are_not_counted() -> None:
    model = network()
    model.get_parameter("0.weight").data[0, 0] = float("nan")
    model.get_parameter("2.bias").requires_grad_(False)
    run, _ = train(model, steps=1, histograms=True)
    counts, edges = run.histograms().at(0, "0.weight")
    assert counts.sum() == 119 and np.isfinite(edges).all()
    counts, edges = run.histograms().at(0, "2.bias", "gradients")
    assert counts.sum() == 0 and np.isnan(edges).all()
    assert run.plot("histograms").shape == (4, 3)
    json.dumps(run.histograms().to_dict(), allow_nan=False)


def test_plain_data_holds_every_step() -> None:
    run, seen = train(network(), steps=3, histograms=True)
    data: Any = run.histograms().to_dict()
    assert data["steps"] == [0, 1, 2]
    weight = data["tensors"]["0.weight"]["gradients"]
    assert weight["low"] == [float(slopes[0].min()) for _, slopes, _ in seen]
    assert weight["high"] == [float(slopes[0].max()) for _, slopes, _ in seen]
    assert [sum(counts) for counts in weight["counts"]] == [120, 120, 120]


def test_a_panel_puts_all_steps_on_common_bins() -> None:
    uniform = np.ones((2, 64))
    panel = Panel.of(uniform, np.array([[0.0, 1.0], [0.0, 2.0]]))
    width = np.diff(panel.edges)[0]
    assert panel.edges[0] < 0.05 and panel.edges[-1] > 1.9
    inside = panel.edges[1:] < 1.0
    np.testing.assert_allclose(panel.shares[inside, 0], width, rtol=1e-9)
    np.testing.assert_allclose(panel.shares[inside, 1], width / 2.0, rtol=1e-9)
    assert panel.shares[panel.edges[:-1] > 1.0, 0].max() == 0.0
    point = Panel.of(uniform[:1], np.zeros((1, 2)))
    assert point.shares.sum() == 1.0
    points = Panel.of(uniform, np.array([[2.0, 2.0], [1.0, 1.0]]))
    assert points.shares.sum(axis=0).tolist() == [1.0, 1.0]


def test_the_picture_shows_the_largest_tensors_and_says_so() -> None:
    torch.manual_seed(0)
    layers = [nn.Linear(3, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 1)]
    run, _ = train(nn.Sequential(*layers), histograms=True)
    view = HistogramsView.of(run.histograms())
    # Of 24, 8, 64, 8, 64, 8, 8 and 1 numbers.
    assert view.tensors == tuple(f"{k}.{part}" for k in range(3) for part in ("weight", "bias"))
    axes = run.plot("histograms")
    assert axes.shape == (6, 3)
    assert [ax.get_title() for ax in axes[0]] == ["parameters", "gradients", "updates"]
    assert "The 6 largest of 8 tensors are shown." in " ".join(
        axes[0, 0].figure.get_supxlabel().split()
    )


def test_the_report_draws_them_where_they_are_recorded() -> None:
    run, _ = train(network(), histograms=True)
    charts, notes = histogram_charts(run.path)
    assert len(charts) == 12  # four tensors, each of three kinds
    assert "of all steps one in a hundred lies outside" in notes
    weight = HistogramsView.of(run.histograms()).panels[0][0]
    (fields,) = charts[0].series
    assert fields.x == [0.0, 0.5, 1.5, 2.5, 3.5, 4.5]
    full = np.array(fields.sizes, dtype=float).reshape(64, 5)  # the root of shares, of the largest
    np.testing.assert_allclose(full, np.sqrt(weight.shares / weight.shares.max()), rtol=0.05)
    run, _ = train(network())
    assert histogram_charts(run.path) == ([], "")


def test_many_steps_share_columns_of_their_mean() -> None:
    run, _ = train(network(), steps=150, histograms=True)
    panel = HistogramsView.of(run.histograms()).panels[0][1]
    (fields,) = histogram_charts(run.path)[0][1].series
    assert len(fields.x) == 61 and (fields.x[0], fields.x[-1]) == (0.0, 149.5)
    shares = np.array([group.mean(axis=1) for group in np.array_split(panel.shares, 60, axis=1)]).T
    full = np.array(fields.sizes, dtype=float).reshape(64, 60)
    np.testing.assert_allclose(full, np.sqrt(shares / shares.max()), rtol=0.05)


def test_what_is_refused() -> None:
    run, _ = train(network())
    with pytest.raises(InputError, match=r"steepest\.watch\(…, histograms=True\) makes them"):
        run.plot("histograms")
    run, _ = train(network(), histograms=True)
    with pytest.raises(InputError, match="leave the axes out"):
        run.plot("histograms", ax=object())
    with pytest.raises(InputError, match=r"there are no histograms of '0\.weigth'.*'0\.weight'"):
        run.histograms().at(0, "0.weigth")
