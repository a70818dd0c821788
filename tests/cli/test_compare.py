"""The command that compares descents of a table or a formula."""

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
    words = ["run", "rate", "epochs", "updates", "objective", "excess", "floor", "verdict"]
    assert heads.split()[: len(words)] == words
    assert [line[:10].rstrip() for line in lines] == [
        "batch 1",
        "batch 10",
        "batch 100",
        "full batch",
    ]
    assert {line.split()[3] for line in lines} == {"10"}
    assert "120 rows, each seen 10 times by every run." in said.stdout
    assert "excess: the objective less" in said.stdout


def test_rates_and_optimizers_of_a_table(points: str) -> None:
    words = ["-t", "y", "--optimizer", "sgd", "--optimizer", "adam", "--lr", "0.01", "--lr", "0.1"]
    said = run(points, *words, "--epochs", "3", "--json")
    assert said.exit_code == 0, said.output
    data = json.loads(said.stdout)
    assert [each["label"] for each in data["runs"]] == [
        "SGD, lr 0.01", "SGD, lr 0.1", "Adam, lr 0.01", "Adam, lr 0.1",
    ]  # fmt: skip
    assert [each["optimizer"]["name"] for each in data["runs"]] == ["SGD", "SGD", "Adam", "Adam"]
    assert {each["batch_size"] for each in data["runs"]} == {120}


def test_a_formula_is_compared_as_minimize_does() -> None:
    said = run(
        "-x^2 + x^4", "--start", "0.5", "--lr", "0.1", "--lr", "0.2", "--epochs", "9", "--json"
    )
    assert said.exit_code == 0, said.output
    data = json.loads(said.stdout)
    assert (data["objective"], data["source"], data["calculus"]) == ("-x^2 + x^4", None, None)
    assert [each["label"] for each in data["runs"]] == ["lr 0.1", "lr 0.2"]
    refused = run("x^2", "--start", "1", "--batch-size", "2")
    assert "--batch-size is for tables, and 'x^2' is taken for a formula" in str(refused.exception)


def test_keys_of_json_are_documented(points: str) -> None:
    said = run(points, "-t", "y", "--batch-size", "5,full", "--epochs", "2", "--json")
    data = json.loads(said.stdout)
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    assert [key for key in {*data, *data["runs"][0]} if f"`{key}`" not in documented] == []


def test_json_report_and_picture(points: str, tmp_path: Path) -> None:
    report, picture = tmp_path / "r.html", tmp_path / "p.png"
    words = ["--target", "y", "--batch-size", "5,full", "--lr", "0.05", "--epochs", "6", "--json"]
    said = run(points, *words, "--report", str(report), "--plot", str(picture))
    assert said.exit_code == 0, said.output
    data = json.loads(said.stdout)
    assert [each["label"] for each in data["runs"]] == ["batch 5", "full batch"]
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
    assert "no target was given; name the column" in str(run(points).exception)
