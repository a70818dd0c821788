"""Ctrl-C ends the lab, whatever is under way, and leaves nothing: no process, no file, no word."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect


@contextmanager
def lab(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """The program in a session of its own, its port, and the cookie of who may ask it."""
    with subprocess.Popen(
        [sys.executable, "-m", "steepest", "lab", "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as program:  # fmt: skip
        try:
            assert program.stdout is not None
            said = re.search(r":(\d+)/\?token=(\S+)", program.stdout.readline())
            assert said is not None
            yield program, int(said[1]), f"steepest-lab-{said[1]}={said[2]}"
        finally:
            program.kill()


def upload(port: int, cookie: str) -> http.client.HTTPConnection:
    """A file that is begun, and does not go on."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", "/table?name=t.csv")
    headers = {"Content-Type": "application/octet-stream", "Content-Length": "1000"}
    for name, value in {**headers, "Cookie": cookie}.items():
        connection.putheader(name, value)
    connection.endheaders(b"x,y\n")
    return connection


def page(port: int, cookie: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}/engine", additional_headers={"Cookie": cookie})


@pytest.mark.skipif(os.name == "nt", reason="its terminal tells Ctrl-C in another way")
def test_ctrl_c_ends_it_while_an_engine_begins_and_a_file_comes(
    tmp_path: Path,
) -> None:
    with lab(tmp_path) as (program, port, cookie), page(port, cookie) as socket:
        sending = upload(port, cookie)
        socket.send("no request")
        assert "error" in str(socket.recv())  # the page is there, and its engine loads torch
        while not list(tmp_path.glob("steepest-lab-*/table.csv")):
            assert program.poll() is None
            time.sleep(0.01)
        os.killpg(program.pid, signal.SIGINT)  # as the terminal does
        assert program.stderr is not None
        assert program.stderr.read() == ""  # to its end: no process of the lab has it any more
        assert program.wait() == 0
        assert list(tmp_path.glob("steepest-lab-*")) == []
        sending.close()
