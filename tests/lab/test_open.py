"""Files that a page sends, runs and tables: read as files are, within limits, kept nowhere."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

import steepest
from steepest.lab import guard as guards
from steepest.lab import server
from steepest.lab.guard import Guard
from steepest.lab.messages import FileTask, OpenTask, read_request, sheet_in, table_in
from steepest.lab.server import app
from steepest.lab.session import Session

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture
def read() -> list[Path]:
    """The files that the engine was asked to read."""
    return []


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, read: list[Path]) -> Iterator[TestClient]:
    """A client that has the cookie of a server whose engine answers in this process."""

    async def answer(self: Session, task: FileTask) -> bytes:
        read.append(Path(task.open if isinstance(task, OpenTask) else task.table))
        return sheet_in(task) if isinstance(task, OpenTask) else table_in(task)

    monkeypatch.setattr(guards, "_PAUSE", 0.0)
    monkeypatch.setattr(Session, "of_file", answer)
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


def test_a_good_and_a_bad_table_are_read_as_files_are(client: TestClient) -> None:
    answer = client.post("/table?name=t.csv", content=b"a;b\n1,5;2\n3;4\n", headers=FILE).json()
    assert answer["table"].startswith("#: t.csv: CSV, delimiter ';', header, decimal comma\n")
    answer = client.post("/table?name=t.csv", content=b"a,b\n1,2\n3\n", headers=FILE).json()
    assert answer["error"].startswith("t.csv, line 3: 1 field found where 2 are expected")


@pytest.mark.parametrize(
    "name", ("../../etc/passwd", "/etc/passwd", "a/b.tsv", "x.csv\x00.sh", "", "n" * 5000)
)
def test_a_name_leads_nowhere(client: TestClient, read: list[Path], name: str) -> None:
    answer = client.post("/table", params={"name": name}, content=b"a,b\n1,2\n", headers=FILE)
    assert answer.json()["table"].endswith("\na,b\n1.0,2.0\n") and len(answer.text) < 400
    (file,) = read
    assert file.name in ("table.csv", "table.tsv") and not file.parent.exists()


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
    assert client.post("/table", content=parts, headers=FILE).status_code == 413


@pytest.mark.parametrize(
    "kind", ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")
)
def test_a_form_is_refused(client: TestClient, saved: bytes, kind: str) -> None:
    assert client.post("/open", content=saved, headers={"content-type": kind}).status_code == 415


def test_only_the_page_may_send(client: TestClient, saved: bytes) -> None:
    foreign = client.post(
        "/table", content=saved, headers={**FILE, "origin": "http://evil.example"}
    )
    assert foreign.status_code == 403
    client.cookies.clear()
    assert client.post("/open", content=saved, headers=FILE).status_code == 401
    assert client.post("/table", content=saved, headers=FILE).status_code == 401
    assert client.get("/open").status_code == client.get("/table").status_code == 405


def test_nothing_is_left_behind(client: TestClient, saved: bytes) -> None:
    def ours() -> list[Any]:
        return list(Path(tempfile.gettempdir()).glob("steepest-lab-*"))

    before = ours()
    client.post("/open", content=saved, headers=FILE)
    assert ours() == before


@pytest.mark.anyio
async def test_a_page_that_goes_while_it_sends_is_no_error(anyio_backend: str) -> None:
    guard = Guard(8123, "right")
    headers = {"host": "127.0.0.1:8123", "cookie": f"{guard.cookie}=right", **FILE}
    parts = iter(
        ({"type": "http.request", "body": b"a,b", "more_body": True}, {"type": "http.disconnect"})
    )
    sent = []

    async def receive() -> Message:
        return next(parts)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/table", "query_string": b"name=t.csv",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(guard)(scope, receive, send)
    assert sent[0]["status"] == 400


def test_a_page_cannot_name_a_file() -> None:
    """Over the socket only runs and fits are understood."""
    for asked in ({"open": "/etc/passwd"}, {"table": "/etc/passwd", "name": ""}):
        assert "missing required field `kind`" in str(read_request(json.dumps(asked)))


@pytest.mark.parametrize("address", ["/open", "/table?name=a.csv"])
def test_what_is_wrong_with_a_file_is_said_in_the_language_of_the_page(
    client: TestClient, address: str
) -> None:
    """Of what the reader finds, and of what the server refuses by itself."""
    for content_type in (FILE["content-type"], "text/plain"):
        said = {
            language: client.post(
                address,
                content=b"",
                headers={"content-type": content_type, "accept-language": language},
            ).json()["error"]
            for language in ("en", "zh-CN,zh;q=0.9", "fr")
        }
        assert said["en"] == said["fr"]  # a language that is none of ours: the server's
        assert said["en"].isascii() and not said["zh-CN,zh;q=0.9"].isascii()
