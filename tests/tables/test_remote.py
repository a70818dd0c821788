"""Files on a web server: read by ranges or copied; why one is not read, without its secrets."""

import gzip
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import steepest
from steepest.cli.main import main
from steepest.errors import ChangedError, InputError
from steepest.tables.files.remote_names import without_secrets

ROWS = 3000


class Whole(SimpleHTTPRequestHandler):
    """A server of whole files only, as Python's is; some are refused, or fail."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send_head(self) -> BytesIO | BinaryIO | None:
        for mark, status in (("secret", 403), ("busy", 503)):
            if mark in self.path and "sig=right" not in self.path:
                self.send_error(status)
                return None
        return super().send_head()

    def copyfile(self, source: object, outputfile: object) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had seen enough
            super().copyfile(source, outputfile)  # type: ignore[arg-type]


class Ranged(Whole):
    """A server of parts too. `sent`: how many bytes of each path went out."""

    sent: dict[str, int] = {}  # noqa: RUF012  one for the server

    def send_head(self) -> BytesIO | BinaryIO | None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            return super().send_head()
        content = path.read_bytes()
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(content))
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        self.sent[self.path] = self.sent.get(self.path, 0) + end - start
        return BytesIO(content[start:end])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    x = np.arange(float(ROWS))
    y = 2 * x + 1 + np.sin(x)
    lines = "x,y\n" + "".join(f"{a},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    (folder / "a.csv").write_text(lines)
    (folder / "secret.csv").write_text(lines)
    (folder / "a.csv.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "odd.csv").write_text(lines + "3000,many\n")
    objects = (json.dumps({"x": a, "y": b}) for a, b in zip(x.tolist(), y.tolist(), strict=True))
    (folder / "a.jsonl").write_text("\n".join(objects))
    text = pa.array(["unused " * 300] * ROWS)
    table = pa.table({"x": x, "y": y, "unused": text})
    pq.write_table(table, folder / "a.parquet", compression="NONE", use_dictionary=False)
    return folder


def served(folder: Path, handler: type[Whole]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def ranged(folder: Path) -> Iterator[str]:
    yield from served(folder, Ranged)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Iterator[str]:
    yield from served(folder, Whole)


def slope(fit: steepest.Fit) -> tuple[float, float | None]:
    return fit.coefficients["x"], fit.intercept


def expected(folder: Path) -> object:
    """NumPy's least squares on the same rows."""
    x = np.arange(float(ROWS))
    found, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(ROWS)]), 2 * x + 1 + np.sin(x))
    return pytest.approx(tuple(found.tolist()), rel=1e-9)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet"])
@pytest.mark.parametrize("server", ["ranged", "whole"])
def test_every_kind_of_file(
    name: str, server: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    url = f"{request.getfixturevalue(server)}/{name}"
    table = steepest.read(url)
    assert table.notes[0].startswith(url)
    assert slope(steepest.fit(table, target="y", features=["x"])) == expected(folder)


def test_of_a_parquet_file_only_the_columns_in_use_come(ranged: str, folder: Path) -> None:
    Ranged.sent.clear()
    steepest.fit(f"{ranged}/a.parquet", target="y", features=["x"])
    assert 0 < sum(Ranged.sent.values()) < 0.5 * (folder / "a.parquet").stat().st_size


def test_a_query_reads_it(ranged: str) -> None:
    fit = steepest.fit(f"SELECT x, 3 * x AS y FROM '{ranged}/a.csv' WHERE x < 100", target="y")
    assert fit.coefficients["x"] == pytest.approx(3.0, rel=1e-12)


def test_an_odd_value_is_placed(ranged: str) -> None:
    with pytest.raises(
        InputError, match=r"/odd\.csv, row 3001 \(line 3002\): column 'y' is 'many'"
    ):
        steepest.fit(f"{ranged}/odd.csv", target="y")


def test_a_file_that_is_written_to_ends_the_run(ranged: str, folder: Path) -> None:
    changing = folder / "changing.csv"
    changing.write_text("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(50)))
    table = steepest.read(f"{ranged}/changing.csv")
    changing.write_text("x,y\n" + "".join(f"{x},{3 * x}.5\n" for x in range(50)))
    with pytest.raises(ChangedError, match=r"changing\.csv was .* since it was opened; rows are"):
        steepest.fit(table, target="y")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.csv", r"none\.csv does not exist \(404\); check the address"),
        ("secret.csv?sig=wrong", r"secret\.csv\?…: access was refused \(403\); give credentials"),
        ("busy.csv", r"busy\.csv: its server answered 503; try again later"),
    ],
)
def test_why_it_is_not_read(ranged: str, path: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{ranged}/{message}"):
        steepest.read(f"{ranged}/{path}")


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command line."""
    monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_an_address_of_nobody(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 1 of this machine: nothing listens there.
    assert run(["fit", "http://127.0.0.1:1/a.csv", "--target", "y"], monkeypatch) == 2
    said = capsys.readouterr().err
    assert said.startswith("steepest: http://127.0.0.1:1/a.csv: 127.0.0.1 cannot be reached")
    assert said.count("\n") == 1
    for url, why in (("ftp://h/a.csv", "ftp:// is not read"), ("s3://", "bucket is missing")):
        with pytest.raises(InputError, match=why):
            steepest.read(url)


def test_no_secret_is_printed_or_kept(
    ranged: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = ranged.replace("//", "//me:zebra1@") + "/secret.csv?sig=right&key=zebra2"
    table = steepest.read(url)
    fit = steepest.fit(table, target="y")
    fit.report(tmp_path / "fit.html")
    fit.save(tmp_path / "fit.steepest")
    files = b"".join((tmp_path / name).read_bytes() for name in ("fit.html", "fit.steepest"))
    shown = repr(table) + repr(fit) + str(table.source) + str(vars(table))
    assert run(["fit", url, "-t", "y", "--json"], monkeypatch) == 0
    assert run(["fit", url, "-t", "none"], monkeypatch) == 2
    wrong = url.replace("right", "wrong")
    assert run(["fit", wrong, "-t", "y", "--debug"], monkeypatch) == 2
    try:
        steepest.read(wrong)
    except InputError:
        shown += traceback.format_exc()
    shown += "".join(capsys.readouterr())
    assert f"{ranged}/secret.csv?…" in shown
    assert "zebra" not in shown
    assert b"zebra" not in files
    with pytest.raises(InputError, match=r"secret\.csv\?… holds a user or parameters, and queries"):
        steepest.read(f"SELECT * FROM '{url}'")


def test_labels() -> None:
    assert without_secrets("s3://key:word@rows/a.csv?region=x") == "s3://rows/a.csv?…"
    assert without_secrets("https://h/a@b.csv") == "https://h/a@b.csv"
    assert without_secrets("abfs://c:key@h/a.csv") == "abfs://h/a.csv"
    assert without_secrets("select 1 as x") == "select 1 as x"


def test_a_lacking_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(InputError, match=r"aiohttp reads .* run pip install 'steepest\[remote\]'"):
        steepest.read("https://example.org/a.csv")
