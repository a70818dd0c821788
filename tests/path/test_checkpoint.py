"""Checkpoints of a streamed descent: what goes on from one ends as if it had never stopped."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steepest.descent.checkpoint import Checkpoint
from steepest.descent.optimizers import SGD, Adam, RMSprop
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.errors import InputError, OutputError, StorageError
from steepest.losses import Logistic, Squared
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.streamed_path import descend_stream
from steepest.penalties.penalties import L2, ElasticNet
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import ArrayStream, RowStream
from steepest.storage.container import write_container
from steepest.tables.blocks import Block

RANDOM = np.random.default_rng(11)
X = RANDOM.standard_normal((500, 3)) * [1.0, 20.0, 0.2]
Y = (X @ [1.0, 0.1, -3.0] + RANDOM.logistic(size=500) > 0.0).astype(float)
FINGERPRINT = {"source": "rows.csv", "bytes": 4711, "columns": ["a", "b", "c"]}


class Counted(RowStream):
    """A stream that counts passes."""

    def __init__(
        self, features: np.ndarray = X, target: np.ndarray = Y, block_rows: int = 40
    ) -> None:
        self.stream = ArrayStream.of(features, target, block_rows=block_rows)
        self.columns, self.rows, self.passes = self.stream.columns, self.stream.rows, 0

    def blocks(self) -> Iterator[Block]:
        self.passes += 1
        return self.stream.blocks()


def plan_of(**changes: Any) -> Plan:
    plan = Plan(Logistic(), L2(0.0), False, SGD(), Constant(0.1), 16, 5, None, True, False)
    return replace(plan, **changes)


def run(
    plan: Plan,
    file: Path | None = None,
    *,
    stop_at: tuple[int, int] | None = None,
    stream: Counted | None = None,
    seed: int = 0,
    fingerprint: dict[str, Any] | None = None,
    **often: Any,
) -> MinibatchPath:
    """A descent; with `stop_at` (epoch, rows) Ctrl-C is pressed there."""
    stream = stream or Counted()
    problem = StreamedProblem.of(stream, loss=plan.loss, penalty=plan.penalty)
    keep = None if file is None else Checkpoint(file, fingerprint or FINGERPRINT, **often)
    if stop_at is not None:
        stop_after(stream, *stop_at)
    return descend_stream(problem, plan, seed=seed, checkpoint=keep)


def stop_after(stream: Counted, epoch: int, rows: int) -> None:
    """Let the stream raise Ctrl-C in its thread, as it reads on in an epoch."""
    read, base = stream.blocks, stream.passes

    def blocks() -> Iterator[Block]:
        for block in read():
            if stream.passes - base == epoch and block.start >= rows:
                raise KeyboardInterrupt
            yield block

    stream.blocks = blocks  # type: ignore[method-assign]  # a method of this one stream


def contents(path: MinibatchPath) -> list[Any]:
    return [
        (s.updates, s.epoch, s.objective, s.rate, s.parameters.tolist(), s.gradient.tolist())
        for s in path.kept
    ] + [path.end.tolist(), path.stop]


PLANS = [
    pytest.param(plan_of(), id="SGD"),
    pytest.param(plan_of(schedule=None, optimizer=SGD(momentum=0.9)), id="auto"),
    pytest.param(plan_of(optimizer=Adam(amsgrad=True), average=True, batch_size=64), id="Adam"),
    pytest.param(plan_of(optimizer=RMSprop(centered=True), penalty=ElasticNet(0.01)), id="RMSprop"),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("stop_at", [(1, 200), (3, 0), (3, 480), (6, 250)])
def test_what_was_interrupted_goes_on_to_the_same_bits(
    tmp_path: Path, plan: Any, stop_at: Any
) -> None:
    file = tmp_path / "run.ckpt"
    straight = run(plan)
    try:
        part = run(plan, file, stop_at=stop_at)
    except KeyboardInterrupt:
        assert stop_at[0] == 1
    else:
        assert part.stop.rule == "interrupted"
        assert contents(part)[: len(part.kept)] == contents(straight)[: len(part.kept)]
    stream = Counted()
    assert contents(run(plan, file, stream=stream)) == contents(straight)
    # A pass for the survey, and those that were left.
    assert stream.passes == 1 + (6 - stop_at[0] + 1)


def test_a_finished_run_is_there_at_once(tmp_path: Path) -> None:
    file, stream = tmp_path / "run.ckpt", Counted()
    first = run(plan_of(), file)
    written = file.read_bytes()
    assert contents(run(plan_of(), file, stream=stream)) == contents(first)
    assert stream.passes == 1
    assert file.read_bytes() == written


def test_more_epochs_go_on_and_fewer_are_a_part(tmp_path: Path) -> None:
    file = tmp_path / "run.ckpt"
    for epochs in (2, 5, 3):
        path = run(plan_of(epochs=epochs, average=True), file)
        assert contents(path) == contents(run(plan_of(epochs=epochs, average=True)))


def test_a_run_that_settled_is_settled(tmp_path: Path) -> None:
    plan, stream = plan_of(epochs=500, tolerance=1e-2), Counted()
    first = run(plan, tmp_path / "run.ckpt")
    assert first.stop.rule == "relative tolerance"
    again = run(plan, tmp_path / "run.ckpt", stream=stream)
    assert contents(again) == contents(first)
    assert stream.passes == 1
    finer = replace(plan, tolerance=1e-3)
    assert contents(run(finer, tmp_path / "run.ckpt")) == contents(run(finer))


def test_a_run_that_diverged_is_told_again(tmp_path: Path) -> None:
    plan = plan_of(loss=Squared(), schedule=Constant(1e6), epochs=60)
    first = run(plan, tmp_path / "run.ckpt")
    assert first.stop.rule == "diverged"
    assert run(plan, tmp_path / "run.ckpt").stop == first.stop


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 32}, "batch size was 16 and is 32"),
        ({"optimizer": SGD(momentum=0.5)}, r"optimizer was SGD\(.*momentum=0\.0.* and is SGD"),
        ({"schedule": Constant(0.2)}, r"lr was 0\.1 and is 0\.2"),
        ({"schedule": None}, r"lr was 0\.1 and is auto"),
        ({"penalty": L2(0.1)}, r"penalty was L2\(alpha=0\.0\) and is L2\(alpha=0\.1\)"),
        ({"shuffle": False, "average": True}, "shuffle was True and is False; average was False"),
    ],
)
def test_other_settings_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    file = tmp_path / "run.ckpt"
    run(plan_of(), file)
    written = file.read_bytes()
    with pytest.raises(InputError, match=message) as caught:
        run(plan_of(**changes), file)
    told = str(caught.value)
    assert told.startswith(f"{file} is a checkpoint of other data or settings: ")
    assert told.endswith(". Name another file, or delete this one to begin anew.")
    assert "\n" not in told
    assert file.read_bytes() == written


def test_another_start_is_refused_and_the_best_constant_is_one_start(tmp_path: Path) -> None:
    problem = StreamedProblem.of(Counted(), loss=Logistic())
    keep = Checkpoint(tmp_path / "run.ckpt")
    first = descend_stream(problem, plan_of(), checkpoint=keep)
    again = descend_stream(problem, plan_of(), problem.start(), checkpoint=keep)
    assert contents(again) == contents(first)
    with pytest.raises(InputError, match="start was best constant and is another"):
        descend_stream(problem, plan_of(), np.ones(4), checkpoint=keep)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1}, "seed was 0 and is 1"),
        ({"fingerprint": {**FINGERPRINT, "bytes": 4712}}, "bytes was 4711 and is 4712"),
        ({"fingerprint": {"source": "rows.csv"}}, "bytes was 4711 and is not there"),
        ({"stream": Counted(X[:400], Y[:400])}, "rows was 500 and is 400; blocks was 13 and is 10"),
        ({"stream": Counted(X + 1e-9)}, "settings: other contents of the rows"),
        ({"stream": Counted(X, Y[::-1])}, "settings: other contents of the rows"),
        ({"stream": Counted(block_rows=50)}, "blocks was 13 and is 10"),
    ],
)
def test_other_rows_are_refused(tmp_path: Path, other: Any, message: str) -> None:
    run(plan_of(), tmp_path / "run.ckpt")
    with pytest.raises(InputError, match=message):
        run(plan_of(), tmp_path / "run.ckpt", **other)


def test_files_that_are_no_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "run.ckpt"
    run(plan_of(epochs=1), file)
    whole = file.read_bytes()
    for damaged in (b"", whole[:7], whole[: len(whole) // 2], whole[:-1], b"x,y\n1,2\n3,4\n"):
        file.write_bytes(damaged)
        with pytest.raises(StorageError) as caught:
            run(plan_of(), file)
        assert str(file) in str(caught.value)
        assert file.read_bytes() == damaged
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    file.write_bytes(flipped)
    with pytest.raises(StorageError, match="checksum"):
        run(plan_of(), file)
    write_container(file, {}, {}, "model")
    with pytest.raises(StorageError, match="kind 'model'; one of 'checkpoint' is needed"):
        run(plan_of(), file)
    write_container(file, {}, {"described": {}}, "checkpoint")
    with pytest.raises(InputError, match="is a checkpoint of other data or settings"):
        run(plan_of(), file)


def test_a_place_that_cannot_be_written_is_told_before_the_descent(tmp_path: Path) -> None:
    stream = Counted()
    with pytest.raises(InputError, match="cannot write"):
        run(plan_of(), tmp_path / "none" / "run.ckpt", stream=stream)
    assert stream.passes == 1


def test_a_disk_that_fills_is_told_and_the_old_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.ckpt"
    run(plan_of(epochs=1), file)
    written = file.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="no space left on device"):
        run(plan_of(), file, every_blocks=1)
    assert file.read_bytes() == written
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.ckpt"]


@pytest.mark.parametrize(
    ("often", "least", "most"),
    [
        ({"every_seconds": 0.0}, 6 * 13, 6 * 13),
        ({"every_blocks": 4}, 6 * 13 // 4, 6 * 13 // 4 + 1),
        ({"every_seconds": 3600.0}, 1, 1),
    ],
)
def test_how_often_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, often: Any, least: Any, most: Any
) -> None:
    written = []

    def write(*arguments: Any) -> None:
        written.append(arguments)
        write_container(*arguments)

    monkeypatch.setattr("steepest.descent.checkpoint.write_container", write)
    run(plan_of(), tmp_path / "run.ckpt", **often)
    assert least <= len(written) <= most


@pytest.mark.parametrize(
    ("often", "message"),
    [
        ({"every_seconds": -1.0}, "seconds between two checkpoints must be 0 or more"),
        ({"every_seconds": float("nan")}, "seconds between two checkpoints"),
        ({"every_blocks": 0}, "blocks between two checkpoints must be a whole number, 1 or more"),
    ],
)
def test_how_often_is_checked(often: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Checkpoint("run.ckpt", **often)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="descents are killed as forks of one process")
def test_runs_killed_at_random_moments_end_as_one_never_killed(tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), "10", "5"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] == 10
    assert told["different"] == 0
    assert told["ended"] >= 1
    assert told["places"] >= 4


def test_a_finished_run_reads_its_rows_no_more(tmp_path: Path) -> None:
    for stop in ({}, {"tolerance": 0.5, "epochs": 50}):
        file = tmp_path / f"run{len(stop)}.ckpt"
        notes: list[str] = []
        first, stream = run(plan_of(**stop), file), Counted()
        written = file.read_bytes()
        problem = StreamedProblem.of(stream, loss=Logistic())
        keep = Checkpoint(file, FINGERPRINT)
        again = descend_stream(problem, plan_of(**stop), checkpoint=keep, notes=notes)
        assert contents(again) == contents(first)
        assert stream.passes == 1  # the survey
        assert notes == [
            f"{file}: the run was finished before; it is told again, without a descent"
        ]
        assert file.read_bytes() == written


def test_only_what_differs_is_named(tmp_path: Path) -> None:
    old = {"files": {"/a.csv": [1, 2], "/b.csv": [3, 4]}, "columns": [["a", "BIGINT"]]}
    run(plan_of(), tmp_path / "run.ckpt", fingerprint=old)
    new = {"files": {"/a.csv": [1, 2], "/b.csv": [3, 5]}, "columns": [["a", "DOUBLE"]]}
    with pytest.raises(InputError) as caught:
        run(plan_of(), tmp_path / "run.ckpt", fingerprint=new, stream=Counted(X + 1e-9))
    assert "settings: files changed: /b.csv; other columns. Name another" in str(caught.value)
