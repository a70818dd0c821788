"""What a user of a watched loop sees: pictures, the report, and what is wrong in a call."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.errors import InputError
from steepest.pictures.picture import LeftOut
from steepest.reports.watch_charts import _grid
from steepest.results.watch import Watch

matplotlib.use("Agg")


class Net(nn.Module):
    """Of which one part has a name that is no HTML, and is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 1)
        self.add_module("<b>&", nn.Linear(2, 2, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.second(torch.tanh(self.first(x)))
        return result


def loop(model: nn.Module, steps: int = 8, lr: float = 0.05) -> Watch:
    x = torch.linspace(-1, 1, 36).reshape(12, 3)
    groups = [{"params": list(model.parameters())[:1]}, {"params": list(model.parameters())[1:]}]
    groups[1]["lr"] = lr / 2  # type: ignore[assignment]  # a group holds both
    optimizer, loss_fn = torch.optim.SGD(groups, lr=lr, momentum=0.5), nn.MSELoss()
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), x.sum(dim=1, keepdim=True)).backward()
            optimizer.step()
    return run


def test_the_report_lists_mistakes_groups_and_tensors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    run = loop(Net())
    run.report(tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "<code>&lt;b&gt;&amp;.weight</code>" in page
    assert "<b>&" not in page
    assert "or take it out of the model." in page
    assert "SGD, group 1" in page
    assert ">0.025<" in page
    assert "momentum 0.5" in page
    # At 36 × 28 points and one more a side.
    assert "It took 1,036 runs of the model on the batch seen last." in page
    assert "Objective by step" in page
    assert "epoch" not in page.split("</style>")[1].replace("epochs", "epoch")[:2000]
    norm = float(run.path.records[0].gradient_norms[0])
    assert f">{norm:.5g}<".replace("-", "−") in page


class Calling(nn.Module):
    """So many calls of torch, of little work each."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls, self.linear = calls, nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.calls):
            x = x + 0.0
        result: Tensor = self.linear(x)
        return result


def test_how_fine_a_landscape_is_drawn_follows_from_the_work_and_not_from_the_time() -> None:
    assert _grid(loop(Calling(10), steps=2)) == (37, 28)
    assert _grid(loop(Calling(2000), steps=2)) == (21, 16)
    with pytest.raises(LeftOut, match=r"One run of the model takes 6\.0\d+e\+08 operations: run"):
        _grid(loop(Calling(6000), steps=2))


def test_the_report_of_a_loop_that_diverges_and_of_an_empty_one(tmp_path: Path) -> None:
    torch.manual_seed(0)
    run = loop(nn.Linear(3, 1), steps=120, lr=1e3)
    run.report(tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "learning rate too high" in page
    assert "Diverged at step 120." in page
    model = nn.Linear(3, 1)
    with steepest.watch(model, torch.optim.SGD(model.parameters(), lr=0.1)) as empty:
        pass
    empty.report(tmp_path / "empty.html")
    assert "No loss came in." in (tmp_path / "empty.html").read_text(encoding="utf-8")


def test_pictures_of_a_loop() -> None:
    torch.manual_seed(0)
    run = loop(Net())
    axes = run.plot()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "objective")
    assert len(axes.lines[0].get_xdata()) == 8  # of the last point the objective is not known
    norms = run.plot("gradient").lines[0].get_ydata()
    # Of the tensors without a gradient nothing is added.
    expected = [np.sqrt(np.nansum(r.gradient_norms**2)) for r in run.path.records[:-1]]
    assert norms == pytest.approx(expected)
    land = run.plot("landscape", points=(5, 4))
    assert land.get_xlabel().startswith("main direction 1")


def test_a_landscape_needs_the_loss_and_a_batch() -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer) as run:
        pass
    with pytest.raises(InputError, match="needs the module and its loss_fn"):
        run.plot("landscape")
    with steepest.watch(model, optimizer, nn.MSELoss()) as run:
        pass
    with pytest.raises(InputError, match=r"give one, run\.landscape\(\(inputs, target\)\)"):
        run.plot("landscape")


def test_a_notebook_shows_the_objective_of_many_parameters() -> None:
    shown = loop(Net()).path._repr_html_()
    assert "objective" in shown
    assert "first.weight[0,0]" not in shown


def test_a_linear_module_has_the_curvature_and_forecast_of_the_fit() -> None:
    torch.manual_seed(0)
    x = torch.rand(50)
    y = 3 * x + 0.8
    model, loss_fn = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(5):
            optimizer.zero_grad()
            loss_fn(model(x[:, None]), y[:, None]).backward()
            optimizer.step()
    start = [run.at(0)["weight[0,0]"], run.at(0)["bias[0]"]]
    rows = x.double().numpy(), y.double().numpy()
    fit = steepest.fit(*rows, standardize=False, lr=0.01, start=start, epochs=5)
    design = np.column_stack([rows[0], np.ones(50)])
    expected = np.linalg.eigvalsh(2 / 50 * design.T @ design)
    assert run.forecast.eigenvalues == pytest.approx(expected, rel=1e-12)
    for name in ("eigenvalues", "condition_number", "stable_rate", "best_rate"):
        known = getattr(fit.path.forecast, name)
        assert getattr(run.forecast, name) == pytest.approx(known, rel=1e-9)
    assert run.path.last.parameters == pytest.approx(fit.path.last.parameters, abs=1e-6)


def test_a_linear_module_of_several_outputs_against_the_dense_second_derivative() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(20, 3).double(), torch.randn(20, 2).double()
    model, loss_fn = nn.Linear(3, 2).double(), nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()

    def objective(flat: Tensor) -> Tensor:
        return ((x @ flat[:6].reshape(2, 3).T + flat[6:] - y) ** 2).sum()

    dense = torch.autograd.functional.hessian(objective, torch.zeros(8).double())
    expected = torch.linalg.eigvalsh(dense).numpy()
    assert run.forecast.eigenvalues == pytest.approx(expected, rel=1e-9)
    assert run.forecast.stable_rate == pytest.approx(2 / expected[-1], rel=1e-9)


MODEL = nn.Linear(2, 1)
SGD = torch.optim.SGD(MODEL.parameters(), lr=0.1)


@pytest.mark.parametrize(
    ("model", "optimizer", "loss_fn", "message"),
    [
        ([MODEL], SGD, None, "watch takes a torch.nn.Module"),
        ({"w": "3"}, SGD, None, "watch takes tensors or numbers by name; 'w' is '3'"),
        (MODEL, MODEL, None, "watch needs a torch optimizer"),
        (MODEL, SGD, "mse", "loss_fn must be a loss module or a function"),
        (MODEL, SGD, nn.MSELoss, r"loss_fn is the class MSELoss; .* MSELoss\(\)"),
        (nn.Linear(2, 1), SGD, None, "no parameter of the model is in the optimizer"),
    ],
)
def test_wrong_arguments_of_watch(
    model: object, optimizer: object, loss_fn: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        steepest.watch(model, optimizer, loss_fn)  # type: ignore[arg-type]  # on purpose


def test_wrong_arguments_of_landscape() -> None:
    batch = torch.ones(3, 2), torch.ones(3, 1)
    with pytest.raises(InputError, match=r"the model must be a torch\.nn\.Module, not 'm'"):
        steepest.landscape("m", nn.MSELoss(), batch)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(InputError, match="loss_fn is the class MSELoss"):
        steepest.landscape(MODEL, nn.MSELoss, batch)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(InputError, match="points are two whole numbers above 1"):
        steepest.landscape(MODEL, nn.MSELoss(), batch, points=(0, 1))
    with pytest.raises(InputError, match=r"the path is run\.path or an array"):
        steepest.landscape(MODEL, nn.MSELoss(), batch, path="run")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_breaks_the_block_off_goes_on_and_the_path_is_kept(error: type) -> None:
    x, loss_fn = torch.ones(4, 2), nn.MSELoss()
    watched = steepest.watch(MODEL, SGD, loss_fn, every=1)
    with pytest.raises(error), watched as run:
        for step in range(6):
            SGD.zero_grad()
            loss_fn(MODEL(x), torch.zeros(4, 1)).backward()
            if step == 4:
                raise error("enough")
            SGD.step()
    assert len(run.path) == 5
    assert run.verdict.kind == "interrupted"
    assert not MODEL._forward_hooks
    assert not MODEL._forward_pre_hooks
    with pytest.raises(InputError, match="this watch has been used"), watched:
        pass


def test_two_watches_of_one_loop_see_the_same() -> None:
    x, loss_fn = torch.ones(4, 2), nn.MSELoss()
    outer = steepest.watch(MODEL, SGD, loss_fn, every=1)
    inner = steepest.watch(MODEL, SGD, loss_fn, every=1)
    with outer, inner:
        for _ in range(4):
            SGD.zero_grad()
            loss_fn(MODEL(x), torch.zeros(4, 1)).backward()
            SGD.step()
    assert [step.objective for step in outer] == [step.objective for step in inner]
    assert outer.mistakes() == inner.mistakes() == []
