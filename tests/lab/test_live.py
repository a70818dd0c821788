"""`lab=True`: a page follows a run; the run is the same, and waits for nobody."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

import steepest
from steepest.api import lab_feed
from steepest.errors import InputError
from steepest.lab import feed as feeds
from steepest.lab.feed import Feed, until_unwatched
from steepest.lab.guard import Guard
from steepest.lab.server import app
from steepest.models.fit_progress import FitProgress
from steepest.reports.sheet import Sheet


class Shown:
    """A page that keeps what it is told."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []

    def say_address(self) -> None:
        pass

    def show(self, sheet: Sheet) -> None:
        self.sheets.append(sheet)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    page = Shown()
    monkeypatch.setattr(lab_feed, "_the_page", lambda: page)
    return page


def loop(lab: bool) -> list[float]:
    """Where a loop with momentum ends."""
    torch.manual_seed(5)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    x = torch.randn(20, 3)
    with steepest.watch(model, optimizer, torch.nn.MSELoss(), lab=lab) as run:
        for _ in range(120):
            optimizer.zero_grad()
            run.loss(((model(x) - x[:, :1]) ** 2).mean()).backward()
            optimizer.step()
    return [each for part in model.parameters() for each in part.flatten().tolist()]


def minimized(lab: bool) -> list[float]:
    run = steepest.minimize("rosenbrock", (-1, 1), lr=1e-3, epochs=200, lab=lab)
    return run.last.parameters.tolist()


def fitted(lab: bool) -> list[float]:
    x = np.random.default_rng(1).normal(size=(60, 2))
    y = (x[:, 0] + 0.3 * np.cos(9 * x[:, 1]) > 0).astype(float)
    fit = steepest.fit(x, y, loss="logistic", lr=0.5, epochs=50, lab=lab)
    return fit.step.parameters.tolist()


@pytest.mark.parametrize("make", (loop, minimized, fitted))
def test_a_run_that_is_followed_is_the_same_bit_by_bit(
    make: Callable[[bool], list[float]], shown: Shown
) -> None:
    alone = make(False)
    assert shown.sheets == []
    assert make(True) == alone
    assert shown.sheets[0].live and not shown.sheets[-1].live
    assert shown.sheets[-1].verdict and shown.sheets[-1].charts


def test_what_the_user_wants_to_be_told_is_told_too(shown: Shown) -> None:
    seen: list[int] = []
    steepest.minimize("x^2", 1, lr=0.1, epochs=3, progress=lambda k, _: seen.append(k), lab=True)
    assert seen == [0, 1, 2, 3]

    class Told(FitProgress):
        def epochs(self, done: int, objective: float) -> None:
            seen.append(done)

    x = np.arange(12.0)
    steepest.fit(x, x > 5, loss="logistic", epochs=2, lr=0.1, progress=Told(), lab=True)
    assert seen[4:] != []


def test_a_page_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    class Stuck(Shown):
        def show(self, sheet: Sheet) -> None:
            free.wait()

    monkeypatch.setattr(lab_feed, "_the_page", Stuck)
    monkeypatch.setattr(lab_feed, "_PATIENCE", 0.0)
    assert minimized(True) == minimized(False)
    free.set()


def test_an_error_ends_the_page_too(shown: Shown) -> None:
    def fails(x: torch.Tensor) -> torch.Tensor:
        raise ValueError("no such number")

    with pytest.raises(Exception, match="no such number"):
        steepest.minimize(fails, 1.0, lab=True)
    assert "no such number" in shown.sheets[-1].words and not shown.sheets[-1].live


def test_a_loop_without_a_step_is_said_to_have_none(shown: Shown) -> None:
    w = torch.ones(1, requires_grad=True)
    with steepest.watch({"w": w}, torch.optim.SGD([w], lr=0.1), lab=True):
        pass
    assert not shown.sheets[-1].live and shown.sheets[-1].words


@pytest.mark.parametrize("lab", ("yes", 1, None))
def test_lab_is_true_or_false(lab: Any) -> None:
    with pytest.raises(InputError, match="lab is True or False"):
        steepest.minimize("x^2", 1, lab=lab)


def test_a_long_curve_is_thinned_and_keeps_its_end(shown: Shown) -> None:
    feed = lab_feed.LabFeed("run")
    for k in range(100_000):
        feed.step(k, float(k))
    with feed:
        pass
    curve = shown.sheets[-1].charts[0].series[0]
    assert len(curve.x) <= 4_001 and (curve.x[0], curve.x[-1]) == (0.0, 99_999.0)


def test_only_the_newest_state_is_waited_for() -> None:
    async def put_three() -> tuple[bytes, int]:
        feed = Feed()
        for line in (b"1", b"2", b"3"):
            await feed.put(line)
        return await feed.after(0), feed.count

    assert asyncio.run(put_three()) == (b"3", 3)


def test_the_server_waits_for_a_page_and_ends_with_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "_FIRST_LOOK", 0.0)
    monkeypatch.setattr(feeds, "_RELOAD", 0.0)

    async def look() -> bool:
        feed = Feed()
        await until_unwatched(feed)  # nobody ever came
        feed.pages, feed.was_seen = 1, True
        waiting = asyncio.create_task(until_unwatched(feed))
        for _ in range(10):
            await asyncio.sleep(0)
        still = not waiting.done()
        feed.pages = 0
        await waiting
        return still

    assert asyncio.run(look())


def test_pages_follow_over_their_socket() -> None:
    feed, guard = Feed(), Guard(8123, "right")
    with TestClient(app(guard, "room=runs", feed), base_url="http://127.0.0.1:8123") as client:
        assert "data-live" in client.get("/?token=right").text
        asyncio.run(feed.put(b'{"kind":"run"}'))
        with client.websocket_connect("ws://127.0.0.1:8123/live") as socket:
            assert socket.receive_bytes() == b'{"kind":"run"}'
            assert feed.pages == 1
    assert feed.pages == 0


def test_the_process_says_its_address_and_outlives_ctrl_c() -> None:
    page = lab_feed._Page()
    try:
        assert page.address.startswith("http://127.0.0.1:") and "token=" in page.address
        page.show(Sheet("run", "x^2"))
        assert page.is_there
    finally:
        page.close()
        page._process.kill()
        page._process.wait()
    page.show(Sheet("run", "x^2"))  # it is gone: no error
