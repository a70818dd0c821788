"""Saved runs and models that a page sends: read as files are, within limits, kept nowhere."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import steepest
from steepest.lab import guard as guards
from steepest.lab import server
from steepest.lab.guard import Guard
from steepest.lab.messages import OpenTask, read_request, sheet_in
from steepest.lab.server import app
from steepest.lab.session import Session

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client that has the cookie of a server whose engine answers in this process."""

    async def answer(self: Session, file: str) -> bytes:
        return sheet_in(OpenTask(file))

    monkeypatch.setattr(guards, "_PAUSE", 0.0)
    monkeypatch.setattr(Session, "open", answer)
    guard = Guard(8123, "right")
    address = "http://127.0.0.1:8123"
    with TestClient(app(guard), base_url=address, follow_redirects=False) as made:
        made.get("/?token=right")
        yield made


@pytest.fixture
def saved(tmp_path: Path) -> bytes:
    file = tmp_path / "run.steepest"
    steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30).save(file)
    return file.read_bytes()


def test_a_saved_run_is_shown(client: TestClient, saved: bytes) -> None:
    answer = client.post("/open", content=saved, headers=FILE)
    assert answer.status_code == 200
    sheet = answer.json()
    assert (sheet["kind"], sheet["title"]) == ("run", "x**2 - 4*x + 5")
    assert dict(sheet["values"])["x"] == pytest.approx(2 + 5 * 0.8**30, rel=1e-12)


@pytest.mark.parametrize(
    ("spoil", "said"),
    (
        (lambda whole: b"", "the file"),
        (lambda whole: whole[: len(whole) // 2], "cut short"),
        (lambda whole: b"x,y\n1,2\n", "not a steepest file"),
        (lambda whole: b"\x80\x04\x95" + whole, "the file"),
        (lambda whole: b"\xff" * 8 + whole[8:], "the file"),
    ),
)
def test_what_is_none_is_one_line_without_our_paths(
    client: TestClient, saved: bytes, spoil: Callable[[bytes], bytes], said: str
) -> None:
    answer = client.post("/open", content=spoil(saved), headers=FILE).json()
    assert said in answer["error"]
    assert "\n" not in answer["error"] and tempfile.gettempdir() not in answer["error"]


def test_limits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_LARGEST_FILE", 1000)
    refused = client.post("/open", content=bytes(1001), headers=FILE)
    assert refused.status_code == 413 and "MiB" in refused.json()["error"]
    parts = (bytes(100) for _ in range(20))  # of no length that was said before
    assert client.post("/open", content=parts, headers=FILE).status_code == 413


@pytest.mark.parametrize(
    "kind", ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")
)
def test_a_form_is_refused(client: TestClient, saved: bytes, kind: str) -> None:
    assert client.post("/open", content=saved, headers={"content-type": kind}).status_code == 415


def test_only_the_page_may_send(client: TestClient, saved: bytes) -> None:
    foreign = client.post("/open", content=saved, headers={**FILE, "origin": "http://evil.example"})
    assert foreign.status_code == 403
    client.cookies.clear()
    assert client.post("/open", content=saved, headers=FILE).status_code == 401
    assert client.get("/open").status_code == 405


def test_nothing_is_left_behind(client: TestClient, saved: bytes) -> None:
    def ours() -> list[Any]:
        return list(Path(tempfile.gettempdir()).glob("steepest-lab-*"))

    before = ours()
    client.post("/open", content=saved, headers=FILE)
    assert ours() == before


def test_a_page_cannot_name_a_file() -> None:
    """Over the socket only runs are understood."""
    answer = read_request(json.dumps({"open": "/etc/passwd"}))
    assert "unknown field `open`" in str(answer)
