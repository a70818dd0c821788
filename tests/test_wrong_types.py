"""What is handed to a public door by mistake is refused in a line of ours, or does what it says."""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import steepest
from steepest.errors import SteepestError

WRONG = [None, 3, "a", [], {}, {"a": None}, [None], np.nan, object(), 10**400]
ROWS = {"x": [1.0, 2.0, 3.0, 5.0], "y": [1.0, 2.0, 4.0, 3.0]}
LINE = [[1.0], [2.0], [3.0], [4.0]]
MODEL, LOSS = torch.nn.Linear(1, 1), torch.nn.MSELoss()
BATCHES = [(torch.ones(4, 1), torch.ones(4, 1))] * 4

FIT = steepest.fit(ROWS, "y")
RUN = steepest.minimize("x**2", start=3, lr=0.1, epochs=3)
STUDY = steepest.study("x**2", start=3, lr=[0.1, 0.2], epochs=3)
FOUND = steepest.search("x**2", x=(0, 4, 1))
MOMENTS = steepest.Moments.of(ROWS, "y")
GRAPH = steepest.graph("x*y", x=1, y=2)

# A call of each door that succeeds; each of its arguments is then replaced.
DOORS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "fit": (steepest.fit, (ROWS, "y"), {"epochs": 2}),
    "fit arrays": (steepest.fit, (LINE, [1.0, 2.0, 2.0, 3.0]), {"batch_size": 2, "epochs": 2}),
    "fit moments": (steepest.fit, (MOMENTS,), {}),
    "minimize": (steepest.minimize, ("x**2",), {"start": 3, "lr": 0.1, "epochs": 2}),
    "study": (steepest.study, ("x**2",), {"start": 3, "lr": [0.1], "epochs": 2}),
    "compare": (steepest.compare, (ROWS, "y"), {"lr": [0.1], "epochs": 2}),
    "search": (steepest.search, ("x**2",), {"x": (0, 4, 1)}),
    "graph": (steepest.graph, ("x*y",), {"x": 1, "y": 2}),
    "read": (steepest.read, (ROWS,), {}),
    "read a file": (steepest.read, ("rows.csv",), {}),
    "load": (steepest.load, ("fit.steepest",), {}),
    "watch": (
        steepest.watch,
        (MODEL, torch.optim.SGD(MODEL.parameters(), lr=0.01), LOSS),
        {},
    ),
    "find_lr": (steepest.find_lr, (MODEL, LOSS, BATCHES), {}),
    "landscape": (steepest.landscape, (MODEL, LOSS, BATCHES[0]), {}),
    "BatchLoss": (steepest.BatchLoss, (lambda model, batch: model(batch[0]).sum(),), {}),
    "MiniBatches": (steepest.MiniBatches, (4,), {}),
    "Stopping": (steepest.Stopping, (), {}),
    "language": (steepest.language, (), {}),
    "Moments.of": (steepest.Moments.of, (ROWS, "y"), {}),
    "losses.make_loss": (steepest.losses.make_loss, ("huber",), {}),
    "losses.parse_loss": (steepest.losses.parse_loss, ("huber:2",), {}),
    "losses.Huber": (steepest.losses.Huber, (), {}),
    "optimizers.SGD": (steepest.optimizers.SGD, (), {}),
    "optimizers.Adam": (steepest.optimizers.Adam, (), {}),
    "schedules.parse": (steepest.schedules.parse_schedule, ("0.1",), {}),
    "schedules.Cosine": (steepest.schedules.Cosine, (0.1, 3), {}),
    "samples.table": (steepest.samples.table, ("noisy-line",), {"rows": 5}),
    "functions.known": (steepest.functions.known, ("bowl",), {}),
    "functions.is_known": (steepest.functions.is_known, ("bowl",), {}),
    "Fit.predict": (FIT.predict, (LINE,), {}),
    "Fit.score": (FIT.score, (ROWS,), {}),
    "Fit.missing": (FIT.missing, ("inference",), {}),
    "Fit.save": (FIT.save, ("saved",), {}),
    "Fit.plot": (FIT.plot, (), {}),
    "Fit.path.at": (FIT.path.at, (1,), {}),
    "Run.at": (RUN.at, (1,), {}),
    "Run.table": (RUN.table, (), {}),
    "Run.plot": (RUN.plot, (), {}),
    "Run.save": (RUN.save, ("saved",), {}),
    "Run.to_csv": (RUN.to_csv, ("saved.csv",), {}),
    "Run.to_json": (RUN.to_json, ("saved.json",), {}),
    "Study.report": (STUDY.report, ("study.html",), {}),
    "Study.plot": (STUDY.plot, (), {}),
    "Search.plot": (FOUND.plot, (), {}),
    "Moments.save": (MOMENTS.save, ("saved",), {}),
    "Moments.load": (steepest.Moments.load, ("fit.steepest",), {}),
    "Graph.plot": (GRAPH.plot, (), {}),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with what the calls read; the language and pyplot are put back."""
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n", encoding="utf-8")
    FIT.save("fit.steepest")
    yield
    steepest.language("en")
    plt.close("all")


def _calls(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], wrong: object
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The same call, with another of its arguments wrong each time."""
    bound = inspect.signature(function).bind(*args, **named)
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "lab":  # opens a page
            continue
        by_name = parameter.kind is parameter.VAR_KEYWORD
        given = {**bound.arguments.get(name, {}), "x": wrong} if by_name else wrong
        values = {**bound.arguments, name: given}
        known = bound.signature.parameters
        ordered = OrderedDict((each, values[each]) for each in known if each in values)
        called = inspect.BoundArguments(bound.signature, ordered)
        yield name, partial(function, *called.args, **called.kwargs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_type_at_a_public_door(door: str) -> None:
    for wrong in WRONG[1::3] if "file" in door else WRONG:  # opening files takes its time
        for name, call in _calls(*DOORS[door], wrong):
            try:
                call()
            except SteepestError as refused:
                assert str(refused) and "\n" not in str(refused), (name, wrong)
            except Exception as error:
                pytest.fail(f"{door}({name}={wrong!r:.40}): {error!r}")


@pytest.mark.parametrize("wrong", [3, True, b"fit.steepest", None, 10**400])
def test_a_number_is_no_name_of_a_file(wrong: Any) -> None:
    """An open file of the process has a number: it would be read, or closed."""
    doors = (steepest.load, steepest.Run.load, steepest.Moments.load, FIT.save, FIT.report)
    for door in (*doors, FIT.animate, RUN.save, RUN.to_csv):
        if door == FIT.animate and wrong is None:  # in memory
            continue
        with pytest.raises(steepest.InputError, match="a file is named by text or a Path, not by"):
            door(wrong)


@pytest.mark.parametrize("path", [FIT.path, RUN])
@pytest.mark.parametrize("step", ["a", 1.5, None])
def test_a_step_that_is_no_whole_number(path: steepest.DescentPath, step: Any) -> None:
    with pytest.raises(steepest.InputError, match=r"a step is a whole number, such as 10, not "):
        path.at(step)
    one: Any = np.int64(1)
    assert path.at(one).index == 1
