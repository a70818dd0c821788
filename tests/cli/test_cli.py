"""The command line as a person meets it: what it prints, what it writes, how it ends."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.cli import signals
from steepest.cli.main import main
from steepest.tables.block_encoder import BlockEncoder
from steepest.tables.table import RawBlock

LINE = "x,y\n" + "".join(f"{x},{2 * x + 1 + 0.25 * (-1) ** x}\n" for x in range(20))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("line.csv").write_text(LINE)
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    return int(ended.value.code or 0), out, err


def test_fit_prints_a_summary_with_forecast_verdict_and_coefficients(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capfd, "fit", "line.csv", "--target", "y")
    assert code == 0
    assert "20 rows, 1 feature; standardised for the descent" in out
    assert "Rates below 1 are stable; 0.5 needs the fewest epochs." in " ".join(out.split())
    assert "Converged at epoch 1" in out
    slope = np.polyfit(np.arange(20), [2 * x + 1 + 0.25 * (-1) ** x for x in range(20)], 1)[0]
    assert f"{slope:.9g}" in out


def test_sample_alone_names_the_sample_tables(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capfd, "fit", "sample:")
    listed = out.splitlines()
    assert code == 0 and len(listed) == len(steepest.samples.names())
    assert listed[4].startswith("sample:noisy-line,slope=2,intercept=1,sigma=1,outliers=0,rows=100")
    for line in listed:
        assert steepest.samples.as_sample(line.split("  ")[0]) is not None


def test_json_with_quiet_prints_json_alone_under_the_documented_keys(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--json", "--quiet")
    data = json.loads(out)
    assert (code, err) == (0, "")
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    assert all(f"`{key}`" in documented for key in data)
    x = np.arange(20.0)
    slope, intercept = np.polyfit(x, 2 * x + 1 + 0.25 * (-1) ** x, 1)
    assert data["coefficients"]["x"] == pytest.approx(slope, rel=1e-12)
    assert data["intercept"] == pytest.approx(intercept, rel=1e-12)
    assert data["rows"] == 20
    assert data["verdict"]["kind"] == "converged"
    assert data["validation"] is None


def test_json_of_a_diverged_run_has_null_for_infinity(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("fit", "line.csv", "-t", "y", "--no-standardize", "--lr", "1", "--json", "--quiet")
    code, out, _ = run(monkeypatch, capfd, *arguments)
    data = json.loads(out)
    assert code == 0
    assert data["objective"] is None
    assert data["verdict"]["kind"] == "diverged"


def test_save_show_and_predict_agree_with_the_fit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("fit", "line.csv", "-t", "y", "--save", "m.steepest", "--report", "r.html")
    code, out, err = run(monkeypatch, capfd, *arguments)
    assert code == 0
    assert "m.steepest written" in err and "r.html written" in err
    assert run(monkeypatch, capfd, "show", "m.steepest")[1] == out
    code, _, _ = run(monkeypatch, capfd, "predict", "m.steepest", "line.csv", "--out", "p.csv")
    assert code == 0
    rows = list(csv.DictReader(Path("p.csv").read_text().splitlines()))
    fit = steepest.fit("line.csv", target="y")
    expected = fit.predict([float(row["x"]) for row in rows])
    assert [float(row["prediction"]) for row in rows] == expected.tolist()
    assert list(rows[0]) == ["x", "y", "prediction"]


def test_predict_without_out_prints_the_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    Path("new.csv").write_text("note,x\n=2+2,3\nplain,4\n")
    code, out, _ = run(monkeypatch, capfd, "predict", "m.steepest", "new.csv")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "note,x,prediction"
    assert lines[1].startswith("'=2+2,3,")
    assert lines[2].startswith("plain,4,")


def test_negative_numbers_are_exported_as_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    Path("new.csv").write_text("x\n-3.5\n")
    _, out, _ = run(monkeypatch, capfd, "predict", "m.steepest", "new.csv")
    assert out.splitlines()[1].startswith("-3.5,-")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "none.csv", "-t", "y"), "none.csv"),
        (("fit", "line.csv", "-t", "z"), "'z'"),
        (("fit", "line.csv"), "for example --target y. The columns are x, y"),
        (("fit", "line.csv", "-t", "y", "--lr", "fast"), "'fast'"),
        (("fit", "line.csv", "-t", "y", "--optimizer", "adm", "--lr", "1"), "adam"),
        (("fit", "line.csv", "-t", "y", "--optimizer", "adam"), "0.001"),
        (("fit", "line.csv", "-t", "y", "--start", "x=a"), "--start is 'x=a'"),
        (("fit", "line.csv", "-t", "y", "--epochs", "-3"), "epochs must be a whole number"),
        (("fit", "line.csv", "-t", "y", "--validation", "2"), "between 0 and 1"),
        (("fit", "line.csv", "-t", "y", "--folds", "1"), "from 2 to 1000"),
        (("fit", "line.csv", "-t", "y", "--ridge", "-1"), "ridge is -1"),
        (("fit", "line.csv", "-t", "y", "--save", "none/m.steepest"), "none"),
        (("fit", "line.csv", "-t", "y", "--save", "a.steepest", "--checkpoint", "a.steepest"),
         "two outputs"),
        (("show", "line.csv"), "line.csv"),
        (("predict", "line.csv", "line.csv"), "line.csv"),
        (("fit", "line.csv", "-t", "y", "--missing", "guess"), "'guess'"),
        (("fit", "line.csv", "-t", "y", "--optimizer", "adam", "--lr", "1", "--epochs",
          "1000000000000000000"), "days"),
        (("nothing",), "No such command"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line_and_exit_code_2(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    code, out, err = run(monkeypatch, capfd, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("steepest: ") and err.count("\n") == 1
    assert message in err
    assert sorted(os.listdir()) == ["line.csv"]


def test_a_quintillion_epochs_are_simply_done_where_the_closed_form_can(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("fit", "line.csv", "-t", "y", "--lr", "0.01", "--epochs", str(10**18), "--json")
    code, out, _ = run(monkeypatch, capfd, *arguments, "--quiet")
    assert code == 0
    assert json.loads(out)["epochs"] == 10**18


def test_a_fault_of_ours_is_one_line_and_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("steepest.api.fit.fit", lambda *a, **k: 1 / 0)
    code, _, err = run(monkeypatch, capfd, "fit", "line.csv", "-t", "y")
    assert code == 1
    assert err == (
        "steepest: steepest itself failed (ZeroDivisionError: division by zero); run again with "
        "--debug for the details\n"
    )


def test_debug_shows_the_traceback(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(monkeypatch, capfd, "fit", "none.csv", "-t", "y", "--debug")
    assert (code, out) == (2, "")
    assert err.startswith("Traceback ")
    assert err.splitlines()[-1].startswith("steepest: none.csv does not exist")


def test_a_full_disk_is_exit_code_74_and_leaves_the_old_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("m.steepest").write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("steepest.storage.atomic_write._fill", full)
    code, _, err = run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    assert code == 74
    assert "no space left on device" in err and err.count("\n") == 1
    assert Path("m.steepest").read_bytes() == b"old"
    assert sorted(os.listdir()) == ["line.csv", "m.steepest"]


# The command line, which says when the thousandth epoch has been walked.
WALKING = """
from steepest.cli.progress import ProgressBar
def steps(bar, done, objective):
    if done == 1000:
        print("walking", flush=True)
ProgressBar.epochs = steps
from steepest.cli.main import main
main()
"""


def test_ctrl_c_while_walking_keeps_the_path_and_exits_with_130(folder: Path) -> None:
    command = [sys.executable, "-c", WALKING, "fit", "line.csv", "-t", "y"]
    command += ["--optimizer", "adam", "--lr", "1e-9", "--epochs", "1000000000"]
    command += ["--save", "m.steepest"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "walking\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=600)  # a billion epochs would take hours
    assert process.returncode == 130, err
    assert "Interrupted at epoch" in out
    assert "Traceback" not in err
    assert steepest.load("m.steepest").path.epochs > 0


@pytest.mark.parametrize(
    "options", [("--l1", "0.1"), ("--loss", "huber"), ("--batch-size", "2"), ()], ids=str
)
def test_ctrl_c_while_rows_are_read_says_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    def pressed(*_: BlockEncoder | RawBlock, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("steepest.tables.column_encoding.BlockEncoder.encode", pressed)
    code, out, err = run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", *options)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert (code, out, err) == (130, "", "\nsteepest: interrupted\n")  # after the terminal's ^C


def test_ctrl_c_while_a_package_is_loaded_ends_at_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from importlib import util

    def left(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", left)
    loading: Any = SimpleNamespace(
        f_code=SimpleNamespace(co_filename="duckdb/__init__.py"),
        f_back=SimpleNamespace(f_code=util.find_spec.__code__, f_back=None),
    )
    with pytest.raises(KeyboardInterrupt):
        signals.interrupt(signal.SIGINT, loading)
    loading.f_back.f_code = SimpleNamespace(co_filename="<frozen importlib._bootstrap>")
    with pytest.raises(SystemExit) as caught:
        signals.interrupt(signal.SIGINT, loading)
    assert caught.value.code == 130 and capfd.readouterr().err == "\nsteepest: interrupted\n"


def test_module_can_be_run(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "steepest", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"steepest, version {steepest.__version__}\n"


def test_predictions_do_not_overwrite_their_rows_nor_pose_as_another_format(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    for out, message in [
        ("line.csv", "is read by this"),
        ("m.steepest", "is read by this"),
        ("p.parquet", "CSV"),
    ]:
        code, _, err = run(monkeypatch, capfd, "predict", "m.steepest", "line.csv", "--out", out)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    assert Path("line.csv").read_text() == LINE


def test_a_table_that_cannot_be_predicted_prints_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    Path("new.csv").write_text("z\n1\n")
    code, out, err = run(monkeypatch, capfd, "predict", "m.steepest", "new.csv")
    assert (code, out) == (2, "")
    assert "'x'" in err


def test_excluded_columns_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("wide.csv").write_text("id,x,y\n1,1,2\n2,2,4.5\n3,4,8\n4,7,14\n")
    arguments = ("fit", "wide.csv", "-t", "y", "--exclude", "id", "--json", "--quiet")
    assert list(json.loads(run(monkeypatch, capfd, *arguments)[1])["coefficients"]) == ["x"]
    code, _, err = run(monkeypatch, capfd, "fit", "wide.csv", "-t", "y", "--exclude", "ids")
    assert code == 2
    assert "no column to exclude 'ids'" in err


def test_columns_that_are_passed_through_stand_as_they_stood(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, capfd, "fit", "line.csv", "-t", "y", "--save", "m.steepest")
    Path("new.csv").write_text("id,flag,x\n00123,TRUE,1.10\n-7,false,+2\n@sum,true,3\n")
    lines = run(monkeypatch, capfd, "predict", "m.steepest", "new.csv")[1].splitlines()
    kept = [line.rpartition(",")[0] for line in lines]
    assert kept == ["id,flag,x", "00123,TRUE,1.10", "-7,false,+2", "'@sum,true,3"]
