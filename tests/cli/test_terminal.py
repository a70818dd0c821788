"""What is printed: clean on any terminal, in any encoding, and no fault where it cannot go."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pytest

import steepest
from steepest.cli.main import main
from steepest.cli.terminal import Door
from steepest.errors import OutputError, printable
from steepest.results.fit import Fit

ESCAPES = "a\x1b[31m\x9b\u202e\u2028\x7f\nz"
SHOWN = r"a\x1b[31m\x9b\u202e\u2028\x7f\nz"
LINE = "x,y\n" + "".join(f"{x},{2 * x + 1 + 0.25 * (-1) ** x}\n" for x in range(20))
posix = pytest.mark.skipif(os.name == "nt", reason="closes streams by POSIX shell and fork")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("line.csv").write_text(LINE)
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "steepest", *arguments]


def ended(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, encoding: str = "utf-8"
) -> tuple[int, str, str]:
    """Exit code, and what was written to standard output and error in that encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2))
    code = exit_code(monkeypatch, out, err, *arguments)
    texts = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]
    return code, texts[0], texts[1]


def exit_code(monkeypatch: pytest.MonkeyPatch, out: Any, err: Any, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with pytest.raises(SystemExit) as end:
        main()
    for stream in (out, err):
        if stream is not None:
            stream.flush()
    return int(end.value.code or 0)


def is_clean(text: str) -> bool:
    return printable(text, "\n") == text


# --- Control characters ------------------------------------------------------------------------


def hostile_fit(
    x: str = ESCAPES, y: str = f"y{ESCAPES}", level: str = ESCAPES, **options: Any
) -> Fit:
    import pandas as pd

    rows = np.random.default_rng(0).normal(size=(60, 2))
    levels = np.where(rows[:, 1] > 0.5, level, np.where(rows[:, 1] < -0.5, f"m{level}", "q"))
    table = pd.DataFrame({x: rows[:, 0], f"c{x}": levels, y: rows @ [2.0, 1.0]})
    if options.pop("classes", False):
        table[y] = np.where(rows[:, 0] > 0.0, level, f"w{level}")
    return steepest.fit(table, y, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 3},
        {"lr": 3.0},
        {"l1": 0.1},
        {"batch_size": 6, "epochs": 2},
        {"classes": True, "loss": "logistic", "epochs": 5},
        {"classes": True, "loss": "multinomial", "epochs": 5},
    ],
)
def test_texts_of_a_fit_are_clean_and_keep_their_lines(options: dict[str, Any]) -> None:
    fit, plain = hostile_fit(**options), hostile_fit("a", "y", "b", **options)
    summary = fit.summary()
    texts = [summary, repr(fit), repr(fit.path), repr(fit.step), str(fit.forecast)]
    assert all(map(is_clean, [*texts, str(fit.verdict), str(fit.path.table())]))
    assert SHOWN in summary
    assert not any("\n" in text for text in texts[1:])
    last = [text.split("\n\n")[-1].count("\n") for text in (summary, plain.summary())]
    assert last[0] == last[1]  # the table of coefficients


def test_what_a_model_file_says_is_clean_on_the_terminal_and_escaped_in_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = hostile_fit(classes=True, loss="logistic", epochs=5)
    fit.save("m.steepest")
    code, out, err = ended(monkeypatch, "show", "m.steepest")
    assert (code, err) == (0, "")
    assert is_clean(out) and SHOWN in out
    code, out, err = ended(monkeypatch, "show", "m.steepest", "--json")
    assert (code, err) == (0, "")
    assert is_clean(out)
    assert json.loads(out)["target"] == f"y{ESCAPES}"


@posix
def test_the_name_of_a_file_is_clean_wherever_it_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(ESCAPES).write_text(LINE)
    arguments = ("fit", ESCAPES, "-t", "y", "--save", f"{ESCAPES}.steepest")
    code, out, err = ended(monkeypatch, *arguments)
    assert (code, err) == (0, f"{SHOWN}.steepest written\n")
    assert out.startswith(f"{SHOWN}: ") and is_clean(out)
    for wrong in (
        ["show", f"{ESCAPES}x"],
        [f"\x1b[31m{ESCAPES}"],
        ["fit", f"--{ESCAPES}"],
        ["fit", "--epochs", ESCAPES],
    ):
        code, out, err = ended(monkeypatch, *wrong)
        assert (code, out) == (2, "")
        assert is_clean(err) and err.count("\n") == 1


def test_debug_shows_a_clean_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = ended(monkeypatch, "fit", "none\x1b[31m.csv", "-t", "y", "--debug")
    assert code == 2
    assert err.startswith("Traceback ") and is_clean(err)


def test_predictions_are_exact_in_a_pipe_and_clean_on_a_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("t.csv").write_bytes(f'"t",x\n"{ESCAPES}",1\n"\u4e2d",2\n'.encode())
    steepest.fit("line.csv", "y").save("m.steepest")
    model = ("predict", "m.steepest", "t.csv")
    out = io.TextIOWrapper(io.BytesIO(), "cp1252")
    assert exit_code(monkeypatch, out, None, *model) == 0
    assert ended(monkeypatch, *model, "--out", "p.csv") == (0, "", "p.csv written\n")
    assert out.buffer.getvalue() == Path("p.csv").read_bytes()
    assert ESCAPES.encode() in out.buffer.getvalue() and "\u4e2d".encode() in out.buffer.getvalue()
    if os.name != "nt":
        assert is_clean(on_a_terminal(*model).replace("\r\n", "\n"))


def on_a_terminal(*arguments: str) -> str:
    """What a command prints where its standard output is a terminal."""
    import pty

    outer, inner = pty.openpty()
    with subprocess.Popen(command(*arguments), stdout=inner, stderr=subprocess.DEVNULL) as running:
        os.close(inner)
        said = b""
        try:
            while part := os.read(outer, 4096):
                said += part
        except OSError:  # how Linux tells that the other end is closed
            pass
        os.close(outer)
        assert running.wait() == 0
    return said.decode()


# --- Encodings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "latin-1"])
def test_what_an_encoding_lacks_is_written_in_other_letters(
    folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    Path("\u4e2d.csv").write_text(LINE)
    fit = ("fit", "\u4e2d.csv", "-t", "y")
    code, out, err = ended(monkeypatch, *fit, "--report", "r.html", encoding=encoding)
    assert (code, err) == (0, "r.html written\n")
    assert out.startswith(r"\u4e2d.csv: ")
    assert " -> " in out
    assert "\u4e2d.csv" in Path("r.html").read_text(encoding="utf-8")
    code, out, _ = ended(monkeypatch, *fit, "--json", encoding=encoding)
    assert code == 0
    assert json.loads(out)["source"].startswith("\u4e2d.csv: ")
    code, out, _ = ended(monkeypatch, "graph", "a^2 * b", "--at", "a=2,b=3", encoding=encoding)
    assert code == 0 and "a -> u" in out


def test_an_ascii_locale_shows_results(folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        command("fit", "line.csv", "-t", "y"), check=False, capture_output=True, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii() and b" -> " in done.stdout


# --- Streams that are closed, full, or not read ----------------------------------------------

FIT = ("fit", "line.csv", "-t", "y", "--save", "m.steepest")


@posix
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_closed_standard_output_is_told_and_the_files_are_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: Sequence[str]
) -> None:
    err = io.StringIO()
    code = exit_code(monkeypatch, None, err, *FIT, "--report", "r.html", *options)
    assert code == 74
    told = "steepest: standard output cannot be written: it is closed\n"
    assert err.getvalue().endswith(told)
    loaded = steepest.load("m.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.rows == 20
    assert "</html>" in Path("r.html").read_text(encoding="utf-8")
    assert exit_code(monkeypatch, None, io.StringIO(), *FIT, "--quiet") == 0


@posix
def test_streams_that_the_shell_has_closed(folder: Path) -> None:
    """No file takes the place of a closed stream, and errors do not move to standard output."""
    words = shlex.join(command(*FIT))
    done = subprocess.run(["sh", "-c", f"{words} >&- <&-"], check=False, stderr=subprocess.PIPE)
    told = b"steepest: standard output cannot be written: it is closed\n"
    assert (done.returncode, done.stderr) == (74, b"m.steepest written\n" + told)
    loaded = steepest.load("m.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.rows == 20
    words = shlex.join(command("fit", "none.csv", "-t", "y"))
    done = subprocess.run(["sh", "-c", f"{words} 2>&-"], check=False, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (2, b"")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line_and_74(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "steepest: standard output cannot be written: no space left on device\n"
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command(*FIT), check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (74, f"m.steepest written\n{told}")
    loaded = steepest.load("m.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.rows == 20
    for arguments in ([*FIT, "--json"], ["predict", "m.steepest", "line.csv"]):
        err = io.StringIO()
        with open("/dev/full", "w") as full:
            assert exit_code(monkeypatch, full, err, *arguments) == 74
        assert err.getvalue().endswith(told)
    with open("/dev/full", "w") as full:
        assert exit_code(monkeypatch, io.StringIO(), full, "fit", "none.csv", "-t", "y") == 2


@posix
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_gone_is_no_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: Sequence[str]
) -> None:
    minimize = ("minimize", "x^2 - 4x", "--start", "1", "--lr", "0.1", "--save", "m.steepest")
    for arguments in (FIT, minimize):
        Path("m.steepest").unlink(missing_ok=True)
        err = io.StringIO()
        with unread() as out:
            assert exit_code(monkeypatch, out, err, *arguments, *options) == 0
        assert err.getvalue() == "m.steepest written\n"
        steepest.load("m.steepest")


@posix
def test_predictions_end_where_nobody_reads_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steepest.fit("line.csv", "y").save("m.steepest")
    Path("long.csv").write_text("x\n" + "1.5\n" * 100_000)
    with unread() as out:
        done = subprocess.run(
            command("predict", "m.steepest", "long.csv"),
            check=False,
            stdout=out,
            stderr=subprocess.PIPE,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@contextmanager
def unread() -> Iterator[TextIO]:
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as out:
        yield out


def test_a_door_without_a_stream_drops_what_is_not_needed() -> None:
    door = Door(None, needed=False)
    assert door.write("lost") == 4
    door.flush()
    with pytest.raises(OutputError, match="it is closed"):
        Door(None, needed=True).write("lost")


# --- Names that are not UTF-8 ----------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf_8(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"caf\xe9")
    code, _, err = ended(monkeypatch, *FIT[:-1], f"{name}.steepest", "--report", f"{name}.html")
    assert (code, err) == (0, "caf\\udce9.steepest written\ncaf\\udce9.html written\n")
    loaded = steepest.load(f"{name}.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.rows == 20
    assert "</html>" in Path(f"{name}.html").read_text(encoding="utf-8")
    steps = ("minimize", "x^2", "--start", "1", "--lr", "0.1", "--steps", f"{name}.csv")
    code, _, err = ended(monkeypatch, *steps, "--plot", f"{name}.svg")
    assert (code, err) == (0, "caf\\udce9.csv written\ncaf\\udce9.svg written\n")
    Path(f"{name}.tsv").write_text(LINE.replace(",", "\t"))
    for source in (f"{name}.tsv", f"{name[:3]}*.tsv", f"select * from '{name}.tsv'"):
        code, out, err = ended(monkeypatch, "fit", source, "-t", "y")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "not UTF-8" in err


def test_descriptions_that_are_no_text_are_saved_and_reported(tmp_path: Path) -> None:
    table = {"\udce9": [1.0, 2.0, 4.0, 7.0], "y\udce9": [2.0, 4.1, 8.2, 14.0]}
    x, y = table
    fit = steepest.fit(steepest.read(np.array(list(table.values())).T, names=[x, y]), "y\udce9")
    fit.save(tmp_path / "m.steepest")
    loaded = steepest.load(tmp_path / "m.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.target == "y\udce9"
    loaded.report(tmp_path / "r.html")
    assert r"y\udce9" in (tmp_path / "r.html").read_text(encoding="utf-8")
