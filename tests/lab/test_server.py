"""The server: only those who have its token, from its own page, get anything."""

import asyncio
import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from steepest.lab import guard as guards
from steepest.lab.guard import Guard
from steepest.lab.messages import (
    MOST_STEPS,
    Answer,
    RunRequest,
    TableTask,
    answer_of,
    read_request,
)
from steepest.lab.server import _close_silent, app
from steepest.lab.session import Session

PORT = 8123
OURS = f"http://127.0.0.1:{PORT}"
ENGINE = f"ws://127.0.0.1:{PORT}/engine"
REQUEST = {
    "kind": "run", "id": 7, "formula": "x^2 - 4x + 5", "start": [7.0], "optimizer": "SGD",
    "learningRate": 0.1, "momentum": 0.0, "nesterov": False, "steps": 5,
}  # fmt: skip


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    monkeypatch.setattr(guards, "_PAUSE", 0.0)
    return Guard(PORT, "right")


@pytest.fixture
def client(guard: Guard) -> Iterator[TestClient]:
    with TestClient(app(guard), base_url=OURS, follow_redirects=False) as made:
        yield made


@pytest.fixture
def known(client: TestClient) -> TestClient:
    """A client that has exchanged the token for its cookie."""
    client.get("/?token=right")
    return client


def test_the_token_is_exchanged_for_a_cookie_that_scripts_cannot_read(client: TestClient) -> None:
    answer = client.get("/?token=right")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    page = client.get("/")
    assert page.status_code == 200 and "steepest-page" in page.text


@pytest.mark.parametrize("path", ("/", "/?token=wrong", "/?token=", "/?token=%F0%9F%92%A3"))
def test_without_the_token_there_is_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert "steepest-page" not in answer.text


@pytest.mark.parametrize(
    ("asked", "said"),
    (
        ("zh,en;q=0.9", "请打开"),
        ("fr-FR, zh-CN;q=0.8, en;q=0.5", "请打开"),
        ("en-US,en;q=0.9,zh;q=0.8", "open the address"),
        ("fr", "open the address"),
    ),
)
def test_a_refusal_is_in_the_language_of_the_browser(
    client: TestClient, asked: str, said: str
) -> None:
    assert said in client.get("/", headers={"accept-language": asked}).text
    foreign = {"accept-language": asked, "host": "evil.example"}
    assert ("403：" if said == "请打开" else "403: ") in client.get("/", headers=foreign).text


@pytest.mark.parametrize(
    "cookie", ("", "steepest-lab-8123=wrong", 'steepest-lab-8123="', "a;b=;=c")
)
def test_a_wrong_cookie_is_none(client: TestClient, cookie: str) -> None:
    assert client.get("/", headers={"cookie": cookie}).status_code == 401


@pytest.mark.parametrize(
    "others",
    ('theme={"a":1}', "list[a]=1", "a b=1", 'quote="x', "flag", "n=\xe9", "=", ";;", "a=1, b=2"),
)
def test_cookies_of_other_servers_of_this_machine_lock_nobody_out(
    client: TestClient, others: str
) -> None:
    """Whatever they hold: cookies have no port."""
    for cookie in (f"{others}; steepest-lab-8123=right", f"steepest-lab-8123=right; {others}"):
        assert client.get("/", headers={b"cookie": cookie.encode("latin-1")}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    (
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": "127.0.0.1:1"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"https://127.0.0.1:{PORT}"},
    ),
)
def test_a_foreign_host_or_origin_is_refused(known: TestClient, headers: dict[str, str]) -> None:
    assert known.get("/", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), known.websocket_connect(ENGINE, headers=headers):
        pass


def test_a_second_origin_is_looked_at_too(known: TestClient) -> None:
    for origins in ([OURS, "http://evil.example"], ["http://evil.example", OURS]):
        headers = [("origin", origin) for origin in origins]
        request = known.build_request("GET", "/", headers=headers)
        assert known.send(request).status_code == 403


def test_the_page_cannot_be_framed_and_is_not_kept(known: TestClient) -> None:
    headers = known.get("/").headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("method", ("POST", "PUT", "DELETE", "PATCH"))
def test_nothing_is_changed_by_a_request(known: TestClient, method: str) -> None:
    assert known.request(method, "/").status_code == 405


@pytest.mark.parametrize(
    "path", ("/etc/passwd", "/../../etc/passwd", "/%2e%2e/x", "/page/steepest.js")
)
def test_there_are_no_files(known: TestClient, path: str) -> None:
    assert known.get(path).status_code == 404


def test_the_engine_needs_the_cookie(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(ENGINE):
        pass


class Quick:
    """An engine that answers in this process."""

    def __init__(self, *packages: str) -> None:
        pass

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def answer(self, request: RunRequest) -> Answer:
        return answer_of(request)


def test_a_run_and_messages_that_are_none(
    known: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steepest.lab.server.Session", Quick)
    with known.websocket_connect(ENGINE) as socket:
        for broken in (
            "",
            "{",
            "[]",
            "null",
            "\x00",
            json.dumps({**REQUEST, "steps": MOST_STEPS + 1}),
        ):
            socket.send_text(broken)
            assert json.loads(socket.receive_bytes())["error"]
        socket.send_bytes(b"\xff\x00")
        assert json.loads(socket.receive_bytes())["error"]
        socket.send_text(json.dumps(REQUEST))
        answer = json.loads(socket.receive_bytes())
    assert answer["id"] == 7
    assert [round(point[0], 12) for point in answer["points"]] == [7, 6, 5.2, 4.56, 4.048, 3.6384]
    assert answer["verdict"].startswith("Max steps at epoch 5")


@pytest.mark.parametrize(
    "change",
    (
        {"start": []},
        {"start": [1.0] * 21},
        {"start": ["1"]},
        {"learningRate": 0},
        {"learningRate": -1.0},
        {"momentum": 1.0},
        {"optimizer": "os.system"},
        {"steps": 10**18},
        {"formula": "x" * 10_001},
        {"more": 1},
    ),
)
def test_a_request_outside_its_limits_is_refused(change: dict[str, Any]) -> None:
    assert isinstance(read_request(json.dumps({**REQUEST, **change})), Answer)


@pytest.mark.parametrize(
    ("change", "said"),
    (
        ({"formula": "__import__('os')"}, "formula, column"),
        ({"formula": "x + y"}, "start"),
        ({"formula": "3"}, ""),
    ),
)
def test_what_a_user_can_mend_is_the_answer(change: dict[str, Any], said: str) -> None:
    request = read_request(json.dumps({**REQUEST, **change}))
    assert isinstance(request, RunRequest)
    assert said in answer_of(request).error != ""


def test_the_engine_speaks_the_language_of_the_page() -> None:
    said = []
    for change in ({"language": "zh"}, {"language": "zh", "formula": "x +"}, {"language": "en"}):
        request = read_request(json.dumps({**REQUEST, **change}))
        assert isinstance(request, RunRequest)
        answer = answer_of(request)
        said.append(answer.error or answer.verdict)
    assert not said[0].isascii() and not said[1].isascii()
    assert said[2].startswith("Max steps at epoch 5")
    assert isinstance(read_request(json.dumps({**REQUEST, "language": "xx"})), Answer)


def test_what_is_not_finite_is_null() -> None:
    request = read_request(json.dumps({**REQUEST, "formula": "x^4", "learningRate": 1e200}))
    assert isinstance(request, RunRequest)
    answer = answer_of(request)
    assert answer.error == "" and answer.objectives[-1] is None


@pytest.mark.anyio
async def test_the_worker_is_a_process_that_answers_and_ends(anyio_backend: str) -> None:
    """One that ended by itself is said, where it is noticed, and another begun."""
    request = read_request(json.dumps(REQUEST))
    assert isinstance(request, RunRequest)
    session = Session()
    try:
        first = await session.start()
        first.kill()
        assert first.stdout is not None and await first.stdout.read() == b""
        said = await session.answer(request)
        assert said.points or said.error.startswith("the engine's process ended")
        assert (await session.answer(request)).points[1] == [6.0]
        process = await session.start()
    finally:
        await session.close()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.anyio
async def test_a_worker_has_ended_also_where_its_end_is_broken_off(anyio_backend: str) -> None:
    session = Session()
    process = await session.start()
    closing = asyncio.create_task(session.close())
    for _ in range(3):
        await asyncio.sleep(0)
        closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert process.returncode == -signal.SIGKILL


@pytest.mark.anyio
async def test_what_a_worker_does_is_limited_and_its_beginning_is_not(
    monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> None:
    """On a busy machine a process takes long to begin."""
    monkeypatch.setattr("steepest.lab.session.LONGEST", 0.0)
    request = read_request(json.dumps(REQUEST))
    assert isinstance(request, RunRequest)
    session = Session()
    process = await session.start()
    assert process.returncode is None
    assert (await session.answer(request)).error.startswith("the run took more than 0 seconds")
    assert process.returncode == -signal.SIGKILL
    refused = json.loads(await session.of_file(TableTask("no.csv", "no.csv")))
    assert refused["error"].startswith("the file took more than 0 seconds to read")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Slow(Quick):
    """An engine whose first run never ends."""

    async def answer(self, request: RunRequest) -> Answer:
        if request.id == 0:
            await asyncio.Event().wait()
        return answer_of(request)


def test_a_newer_request_ends_a_run_that_takes_long(
    known: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steepest.lab.server.Session", Slow)
    monkeypatch.setattr("steepest.lab.server._PATIENCE", 0.0)
    with known.websocket_connect(ENGINE) as socket:
        socket.send_text(json.dumps({**REQUEST, "id": 0}))
        socket.send_text(json.dumps(REQUEST))
        assert json.loads(socket.receive_bytes())["id"] == 7


@dataclass(eq=False)
class Connection:
    cycle: object
    transport: object


@pytest.mark.anyio
async def test_a_connection_that_stays_silent_is_closed(
    monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> None:
    monkeypatch.setattr("steepest.lab.server._LOOK", 0.0)
    monkeypatch.setattr("steepest.lab.server._LONGEST_SILENCE", -1.0)
    closed = asyncio.Event()
    silent = Connection(cycle=None, transport=SimpleNamespace(close=closed.set))
    busy = Connection(cycle=object(), transport=None)
    server = SimpleNamespace(server_state=SimpleNamespace(connections=[silent, busy]))
    looking = asyncio.create_task(_close_silent(cast(uvicorn.Server, server)))
    await asyncio.wait_for(closed.wait(), 60)
    looking.cancel()
