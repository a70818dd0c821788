"""The command that compares batch sizes."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from steepest.cli.main import steepest as command


def run(*words: str) -> Result:
    return CliRunner().invoke(command, ["compare", *words])


@pytest.fixture
def points(tmp_path: Path) -> str:
    source = np.random.default_rng(1)
    x = source.uniform(0, 10, 120)
    lines = [f"{a},{2 * a + 1 + e}" for a, e in zip(x, source.normal(size=120), strict=True)]
    file = tmp_path / "points.csv"
    file.write_text("\n".join(["x,y", *lines]))
    return str(file)


def test_the_table(points: str) -> None:
    said = run(points, "--target", "y", "--batch-size", "1,10,100,full", "--epochs", "10")
    assert said.exit_code == 0, said.output
    heads, *lines = said.stdout.splitlines()[:5]
    assert heads.split() == ["batch", "rate", "updates", "rows", "seen", "objective", "excess",
                             "floor", "ended"]  # fmt: skip
    assert [line.split()[0] for line in lines] == ["1", "10", "100", "full"]
    assert {line.split()[3] for line in lines} == {"1200"}
    assert "excess: the objective less" in said.stdout


def test_json_report_and_picture(points: str, tmp_path: Path) -> None:
    report, picture = tmp_path / "r.html", tmp_path / "p.png"
    words = ["--target", "y", "--batch-size", "5,full", "--lr", "0.05", "--epochs", "6", "--json"]
    said = run(points, *words, "--report", str(report), "--plot", str(picture))
    assert said.exit_code == 0, said.output
    data = json.loads(said.stdout)
    assert [each["label"] for each in data["runs"]] == ["5", "full"]
    assert data["runs"][0]["rows_seen"] == 720
    assert data["runs"][0]["forecast"]["batch_size"] == 5
    assert data["runs"][0]["verdict"]["kind"]
    assert report.stat().st_size > 1000
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--batch-size", "1,many"],
            "--batch-size is '1,many'; give whole numbers above 0 and full",
        ),
        (["--batch-size", "999"], "a batch of 999 rows is larger than the data, 120 rows"),
        (["--batch-size", "1", "--epochs", "0"], "epochs is 0; give a whole number, 1 or more"),
        (["--plot", "x.gif"], "--plot writes a file that ends in .png, .svg or .pdf"),
    ],
)
def test_mistakes_are_one_line(points: str, words: list[str], told: str) -> None:
    said = run(points, "--target", "y", *words)
    assert said.exit_code != 0
    assert told in f"{said.output}{said.exception}"


def test_a_target_is_needed(points: str) -> None:
    assert "Missing option '--target'" in run(points).output
