"""Watched loops in TensorBoard, MLflow, W&B, skorch and Lightning: what they are told."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.adapters.curves import figures
from steepest.errors import InputError
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback

NOT_A_NEED = "not among the packages that the tests install"


def rows() -> tuple[Tensor, Tensor]:
    x = torch.randn(32, 3, generator=torch.Generator().manual_seed(1))
    return x, x.sum(1, keepdim=True)


def line() -> nn.Linear:
    model = nn.Linear(3, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.5)
    return model


def descend(*callbacks: Callback, histograms: bool = False) -> Watch:
    (x, y), model, loss_fn = rows(), line(), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    options: Any = {"every": 2, "callbacks": callbacks, "histograms": histograms}
    with steepest.watch(model, optimizer, loss_fn, **options) as run:
        for _ in range(6):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


def objectives(run: Watch) -> list[float]:
    return [run.at(k).objective for k in (0, 2, 4)]


def test_figures() -> None:
    run = descend()
    record, step = run.path.record(2), run.at(2)
    found = figures(record, run.parameters.layout, tensors=True)
    slope = step.gradient
    norms = {"": slope, "_of/weight": slope[:3], "_of/bias": slope[3:]}
    expected = {"steepest/objective": step.objective, "steepest/learning_rate": 0.1}
    for name, part in norms.items():
        expected[f"steepest/gradient_norm{name}"] = float(np.linalg.norm(part))
        expected[f"steepest/update_norm{name}"] = 0.1 * float(np.linalg.norm(part))
    assert found == pytest.approx(expected, rel=1e-5)
    assert len(figures(record, run.parameters.layout, tensors=False)) == 4


def test_figures_leave_out_what_is_not_known() -> None:
    run = descend()
    names = set(figures(run.path.records[-1], run.parameters.layout, tensors=True))
    assert "steepest/gradient_norm" not in names
    assert "steepest/update_norm_of/bias" not in names


def test_tensors_that_another_optimizer_holds_have_no_update() -> None:
    (x, y), one, two = rows(), line(), line()
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in (one, two)]
    both = nn.ModuleList([one, two])
    with steepest.watch(both, optimizers, every=1) as run:
        for step in range(4):
            model, optimizer = (one, two)[step % 2], optimizers[step % 2]
            optimizer.zero_grad()
            (model(x) - y).square().mean().backward()
            optimizer.step()
    names = set(figures(run.path.record(1), run.parameters.layout, tensors=True))
    assert "steepest/update_norm_of/1.weight" in names
    assert "steepest/update_norm_of/0.weight" not in names


@pytest.mark.parametrize("given", ["folder", "writer"])
def test_tensorboard(tmp_path: Path, given: str) -> None:
    pytest.importorskip("tensorboard", reason=NOT_A_NEED)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    from steepest.adapters.tensorboard import TensorBoard

    writer = SummaryWriter(tmp_path)
    if given == "folder":
        writer.close()
    run = descend(TensorBoard(tmp_path if given == "folder" else writer))
    if given == "writer":
        writer.add_scalar("mine", 1.0)  # it is still open
        writer.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    curve = events.Scalars("steepest/objective")
    assert [event.step for event in curve] == [0, 2, 4]
    assert [event.value for event in curve] == pytest.approx(objectives(run))
    text = events.Tensors("steepest/verdict/text_summary")[0].tensor_proto.string_val[0]
    assert text.decode() == str(run.verdict)


def test_histograms_in_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason=NOT_A_NEED)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from steepest.adapters.tensorboard import TensorBoard

    run = descend(TensorBoard(tmp_path), histograms=True)
    events = EventAccumulator(str(tmp_path), size_guidance={"histograms": 0}).Reload()
    for kind, values in (
        ("parameters", [run.at(k).parameters[:3] for k in (0, 2, 4)]),
        ("gradients", [run.at(k).gradient[:3] for k in (0, 2, 4)]),
    ):
        drawn = events.Histograms(f"steepest/{kind}/weight")
        assert [each.step for each in drawn] == [0, 2, 4]
        for each, numbers in zip(drawn, values, strict=True):
            bars = each.histogram_value
            counts, edges = np.histogram(numbers, 64)
            assert bars.bucket == counts.tolist()
            assert bars.min == pytest.approx(edges[0])
            assert bars.bucket_limit == pytest.approx(edges[1:])


@pytest.mark.filterwarnings("ignore")  # those of its own imports
def test_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason=NOT_A_NEED)
    from steepest.adapters.mlflow import MLflow

    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    mlflow.set_experiment("watched")
    with mlflow.start_run() as active:
        run = descend(MLflow(tensors=True))
    client = mlflow.tracking.MlflowClient()
    curve = client.get_metric_history(active.info.run_id, "steepest/objective")
    assert [metric.step for metric in curve] == [0, 2, 4]
    assert [metric.value for metric in curve] == pytest.approx(objectives(run))
    data = client.get_run(active.info.run_id).data
    assert data.tags["steepest.verdict"] == str(run.verdict)
    assert "steepest/gradient_norm_of/bias" in data.metrics


def test_wandb(tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb", reason=NOT_A_NEED)
    from steepest.adapters.wandb import WandB

    with pytest.raises(InputError, match=r"call wandb\.init\(\) before the block"):
        descend(WandB())
    active = wandb.init(mode="offline", dir=str(tmp_path))
    seen: list[dict[str, Any]] = []
    log = active.log
    active.log = lambda values: (seen.append(values), log(values))
    run = descend(WandB(), histograms=True)
    drawn, seen[:] = seen[1::2], seen[::2]
    counts, _ = np.histogram(run.at(2).gradient[:3], 64)
    assert drawn[1]["steepest/gradients/weight"].histogram == counts.tolist()
    assert [values["steepest/step"] for values in seen] == [0, 2, 4]
    assert [values["steepest/objective"] for values in seen] == pytest.approx(objectives(run))
    assert active.summary["steepest/verdict"] == str(run.verdict)
    active.finish()


class Ends(Callback):
    """Counts how often a loop ended."""

    def __init__(self) -> None:
        self.count = 0

    def on_end(self, run: Watch) -> None:
        self.count += 1


def test_skorch() -> None:
    skorch = pytest.importorskip("skorch", reason=NOT_A_NEED)
    from steepest.adapters.skorch import WatchDescent

    x, y = rows()
    ends, losses = Ends(), []

    class Noted(skorch.callbacks.Callback):  # type: ignore[misc, name-defined]  # without types
        def on_batch_end(self, net: Any, training: bool = False, loss: Any = 0, **_: Any) -> None:
            if training:
                losses.append(loss.item())

    def fit(*callbacks: Any) -> Any:
        torch.manual_seed(2)
        clip = skorch.callbacks.GradientNormClipping(0.5)
        net = skorch.NeuralNetRegressor(
            nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Linear(4, 1)),
            max_epochs=3, lr=0.1, batch_size=8, verbose=0, iterator_train__shuffle=True,
            callbacks=[("noted", Noted()), ("clip", clip), *callbacks],
        )  # fmt: skip
        return net.fit(x.numpy(), y.numpy())

    bare = fit()
    plain, losses[:] = list(losses), []
    net = fit(("watch", WatchDescent(every=1, callbacks=[ends], histograms=True)))
    assert losses == plain
    pairs = zip(bare.module_.parameters(), net.module_.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    watch = dict(net.callbacks_)["watch"]
    run = watch.run_
    assert [step.objective for step in run.path][:-1] == pytest.approx(losses)
    assert run.path.layout.tensors == ("0.weight", "0.bias", "2.weight", "2.bias")
    # The gradient is the clipped one, which the step uses.
    for one, other in zip(run.path.records[:-2], run.path.records[1:-1], strict=True):
        assert other.parameters == pytest.approx(one.parameters - 0.1 * one.gradient, abs=1e-6)
    assert run.histograms().tensors == run.path.layout.tensors
    assert run.mistakes() == []
    assert not run.is_running
    assert ends.count == 1
    watch.set_params(callbacks=())
    copy = pickle.loads(pickle.dumps(watch))
    assert copy.every == 1
    assert not hasattr(copy, "run_")


def lightning() -> Any:
    # Its own code is not free of warnings.
    return pytest.importorskip("lightning.pytorch", reason=NOT_A_NEED)


@pytest.mark.filterwarnings("ignore")  # Lightning's advice on workers and loggers
@pytest.mark.parametrize(("every_batches", "clip"), [(1, None), (2, 0.5)])
@pytest.mark.parametrize("with_loss", [True, False])
def test_lightning(tmp_path: Path, every_batches: int, clip: float | None, with_loss: bool) -> None:
    pl = lightning()
    from torch.utils.data import DataLoader, TensorDataset

    from steepest.adapters.lightning import WatchDescent

    losses: list[float] = []

    class Module(pl.LightningModule):  # type: ignore[misc, name-defined]  # without types
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Linear(4, 1))
            self.loss = nn.MSELoss()

        def training_step(self, batch: Any, index: int) -> Tensor:
            loss: Tensor = self.loss(self.net(batch[0]), batch[1])
            losses.append(loss.item())
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def fit(watched: bool) -> tuple[Any, Any]:
        torch.manual_seed(2)
        losses.clear()
        model = Module()
        watch = WatchDescent(model.loss if with_loss else None, every=1, histograms=True)
        trainer = pl.Trainer(
            max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
            accumulate_grad_batches=every_batches, gradient_clip_val=clip,
            callbacks=[watch] if watched else [],
        )  # fmt: skip
        trainer.fit(model, DataLoader(TensorDataset(*rows()), batch_size=8, shuffle=True))
        return model, watch.run

    bare, _ = fit(False)
    plain = list(losses)
    model, run = fit(True)
    assert losses == plain
    pairs = zip(bare.parameters(), model.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    expected = np.reshape(losses, (-1, every_batches)).mean(axis=1)
    assert [step.objective for step in run.path][:-1] == pytest.approx(expected)
    for one, other in zip(run.path.records[:-2], run.path.records[1:-1], strict=True):
        assert other.parameters == pytest.approx(one.parameters - 0.1 * one.gradient, abs=1e-6)
    assert run.histograms().tensors == run.path.layout.tensors
    assert run.mistakes() == []
    assert not run.is_running


@pytest.mark.filterwarnings("ignore")  # Lightning's advice on workers and loggers
def test_lightning_that_fails(tmp_path: Path) -> None:
    pl = lightning()
    from torch.utils.data import DataLoader, TensorDataset

    from steepest.adapters.lightning import WatchDescent

    class Module(pl.LightningModule):  # type: ignore[misc, name-defined]  # without types
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(3, 1)

        def training_step(self, batch: Any, index: int) -> Tensor:
            if index == 2:
                raise ValueError("no more")
            loss: Tensor = (self.net(batch[0]) - batch[1]).square().mean()
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    watch = WatchDescent(every=1)
    trainer = pl.Trainer(
        max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
        callbacks=[watch],
    )  # fmt: skip
    with pytest.raises(ValueError, match="no more"):
        trainer.fit(Module(), DataLoader(TensorDataset(*rows()), batch_size=8))
    assert watch.run is not None
    assert watch.run.verdict.kind == "interrupted"
    assert watch.run.path.epochs == 2
