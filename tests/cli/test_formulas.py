"""The commands on formulas as a person meets them: what they print, write and refuse."""

import csv
import json
import math
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import steepest
from steepest.cli.main import main
from steepest.cli.options import values_of
from steepest.cli.progress import ProgressBar
from steepest.problems.known_functions import KNOWN

PARABOLA = "x**2 - 4*x + 5"
BANANA = "(1 - x)^2 + 100(y - x^2)^2"
# Lesson 2: x₀, x₁, … from 7 by learning rate.
LESSON: dict[str, list[float]] = {
    "0.1": [7, 6, 5.2, 4.56, 4.048, 3.6384],
    "0.01": [7, 6.9, 6.802, 6.70596],
    "0.3": [7, 4, 2.8, 2.32, 2.128],
    "0.7": [7, 0, 2.8, 1.68, 2.128],
    "1": [7, -3, 7, -3],
}
RATES = [word for rate in LESSON for word in ("--lr", rate)]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """A command, run in an empty folder: exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["steepest", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return command


def in_line(text: str) -> str:
    """The text with all its white space made single."""
    return " ".join(text.split())


def rows_under(title: str, out: str) -> dict[str, list[str]]:
    """The rows of a printed table by their first cell."""
    block = out.split(f"{title}\n")[1].split("\n\n")[0]
    return {row.split()[0]: row.split()[1:] for row in block.splitlines()[1:]}


# --- minimize --------------------------------------------------------------------------------


def test_the_study_of_lesson_2_stands_side_by_side(run: Callable[..., Any]) -> None:
    code, out, err = run("minimize", PARABOLA, "--start", "7", *RATES, "--no-calculus")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "Minimise  x^2 - 4*x + 5" in out
    assert "Rates below 1 are stable; 0.5 needs the fewest epochs." in in_line(out)
    table, values = rows_under("x by epoch", out), rows_under("objective by epoch", out)
    for column, steps in enumerate(LESSON.values()):
        for k, x in enumerate(steps):
            assert float(table[str(k)][column]) == pytest.approx(x, rel=1e-6)
            assert float(values[str(k)][column]) == pytest.approx(x * x - 4 * x + 5, rel=1e-6)
    assert table["end"] == ["2", "2", "2", "2", "7"]
    assert "Cycle at epoch 1000" in in_line(out)
    assert "Best      lr 0.3: objective 1 after 23 epochs." in out


def test_one_run_shows_calculus_forecast_steps_and_verdict(run: Callable[..., Any]) -> None:
    code, out, _ = run("minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--calculus")
    assert code == 0
    assert "f' = 2*x - 4. Stationary point x = 2, f = 1, a minimum." in in_line(out)
    assert "an epoch leaves 0.8 of the error along x" in in_line(out)
    assert re.search(r"^ +5 +3\.6384 +3\.684355 +3\.2768$", out, re.MULTILINE)
    assert "Verdict   Converged at epoch 93" in out


def test_calculus_is_unasked_for_small_formulas_of_one_or_two_variables_only(
    run: Callable[..., Any],
) -> None:
    _, out, _ = run("minimize", BANANA, "--start", "-1,2", "--epochs", "3")
    assert "∂f/∂y = -200*x^2 + 200*y." in in_line(out)
    _, out, _ = run("minimize", "a^2 + b^2 + c^2", "--start", "1,2,3", "--epochs", "3")
    assert "Calculus" not in out and "|gradient|" in out
    _, out, _ = run(
        "minimize", "a^2 + b^2 + c^2", "--start", "1,2,3", "--epochs", "3", "--calculus"
    )
    assert "∂f/∂c = 2*c. Stationary point a = 0, b = 0, c = 0, f = 0, a minimum." in in_line(out)


def test_a_search_that_is_not_finished_says_so_and_nothing_else(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from steepest.formula.critical_points.stationary import Search, StationaryPoints
    from steepest.wording.fact import fact

    timed_out = (fact("search timed out", seconds=3),)
    end = StationaryPoints((), False, timed_out, (), finished=False)
    monkeypatch.setattr(Search, "begin", lambda formula, seconds: Search(lambda: end))
    code, out, _ = run("minimize", "exp(x) - x", "--start", "1", "--lr", "0.1")
    assert code == 0
    assert (
        "f' = exp(x) - 1. The search for stationary points was not finished: the time limit of "
        "3 s was reached." in in_line(out)
    )
    assert "stationary point was found" not in in_line(out).lower()


def test_the_steps_of_adam_are_those_of_torch(run: Callable[..., Any]) -> None:
    code, out, err = run(
        "minimize", BANANA, "--start", "x=-1.5,y=2", "--optimizer", "adam", "--lr", "0.05",
        "--epochs", "300", "--steps", "steps.csv", "--quiet",
    )  # fmt: skip
    assert (code, out, err) == (0, "", "")
    theta = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        ((1 - theta[0]) ** 2 + 100 * (theta[1] - theta[0] ** 2) ** 2).backward()
        optimizer.step()
    *_, last = csv.DictReader(Path("steps.csv").read_text().splitlines())
    assert last["index"] == "300"
    assert [float(last["x"]), float(last["y"])] == pytest.approx(theta.tolist(), rel=1e-10)


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_the_steps_of_a_study_stand_under_each_other(run: Callable[..., Any], ending: str) -> None:
    run(
        "minimize", PARABOLA, "--start", "7", "--optimizer", "sgd", "--optimizer", "adam",
        "--lr", "0.1", "--epochs", "2", "--steps", f"steps.{ending}", "--quiet",
    )  # fmt: skip
    text = Path(f"steps.{ending}").read_text()
    rows = json.loads(text) if ending == "json" else list(csv.DictReader(text.splitlines()))
    assert [row["run"] for row in rows] == ["SGD"] * 3 + ["Adam"] * 3
    assert [float(row["x"]) for row in rows][:3] == pytest.approx([7.0, 6.0, 5.2])
    assert float(rows[4]["exp_avg_x"]) == pytest.approx(0.1 * 10.0)
    assert not rows[0].get("exp_avg_x")


def test_json_has_the_documented_keys_and_nothing_else_is_printed(run: Callable[..., Any]) -> None:
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--lr", "1", "--json")
    code, out, err = run(*arguments, "--epochs", "30", "--calculus")
    data = json.loads(out)
    assert (code, err) == (0, "")
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    keys = {*data, *data["runs"][0], *data["calculus"], *data["calculus"]["points"][0]}
    assert [key for key in keys if f"`{key}`" not in documented] == []
    assert data["calculus"]["gradient"] == {"x": "2*x - 4"}
    assert data["calculus"]["points"][0]["coordinates"] == {"x": 2.0}
    assert [each["label"] for each in data["runs"]] == ["lr 0.1", "lr 1"]
    assert data["runs"][0]["end"]["parameters"]["x"] == pytest.approx(2 + 5 * 0.8**30)
    assert data["runs"][1]["verdict"]["kind"] == "cycle"
    assert data["best"] == 0


def test_json_of_a_run_that_diverges_has_null_for_infinity(run: Callable[..., Any]) -> None:
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "9", "--epochs", "5000", "--json")
    data = json.loads(run(*arguments)[1])
    assert data["calculus"] is None
    assert data["runs"][0]["end"]["objective"] is None
    assert data["runs"][0]["verdict"]["kind"] == "diverged"


def test_a_formula_may_begin_with_a_minus(run: Callable[..., Any]) -> None:
    for arguments in (("-x^2 + x^4", "--start", "-1.5"), ("--start", "-1.5", "-x^2 + x^4")):
        code, out, _ = run("minimize", *arguments, "--json")
        end = json.loads(out)["runs"][0]["end"]
        assert code == 0
        assert abs(end["parameters"]["x"]) == pytest.approx(math.sqrt(0.5), abs=1e-6)
    assert "minimize [OPTIONS] FORMULA" in run("minimize", "-h")[1]


def test_known_functions_go_by_name_and_are_listed(run: Callable[..., Any]) -> None:
    data = json.loads(run("minimize", "booth", "--json")[1])
    assert data["runs"][0]["start"]["parameters"] == {"x": -5.0, "y": -5.0}
    end = data["runs"][0]["end"]["parameters"]
    assert end == pytest.approx({"x": 1.0, "y": 3.0}, abs=1e-6)
    code, out, _ = run("minimize", "--list")
    assert code == 0
    assert all(function.name in out for function in KNOWN.values())


def test_every_start_goes_with_every_rate_and_long_labels_are_numbered(
    run: Callable[..., Any],
) -> None:
    code, out, _ = run(
        "minimize", BANANA, "--start", "-1.5,2", "--start", "0,0", "--lr", "0.0001", "--lr",
        "0.001", "--epochs", "20", "--no-calculus",
    )  # fmt: skip
    assert code == 0
    assert "2 starts, by SGD, 2 learning rates" in out
    assert "run 4: lr 0.001, start (0, 0)" in out
    assert rows_under("objective by epoch", out)["0"] == ["12.5", "12.5", "1", "1"]


def test_many_runs_get_a_line_each(run: Callable[..., Any]) -> None:
    rates = [word for i in range(1, 21) for word in ("--lr", f"{i / 100}")]
    _, out, _ = run("minimize", "x^2", "--start", "1", *rates, "--epochs", "30", "--no-calculus")
    assert len(re.findall(r"^lr 0\.\d+ +30 ", out, re.MULTILINE)) == 20
    assert "Best      lr 0.2" in out


def test_bounds_are_kept(run: Callable[..., Any]) -> None:
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--bounds", "x=3:", "--json")
    only = json.loads(run(*arguments)[1])["runs"][0]
    assert only["end"]["parameters"]["x"] == 3.0
    assert only["verdict"]["kind"] == "at bounds"


def test_a_run_that_leaves_the_domain_names_step_and_values(run: Callable[..., Any]) -> None:
    code, out, _ = run("minimize", "x - log(x - 1)", "--start", "5", "--lr", "4.9", "--no-calculus")
    assert code == 0
    assert "Left domain at epoch 5: At step 5 (x = 0.555769) the objective is undefined: log of " \
        "-0.444231." in in_line(out)  # fmt: skip


def test_a_saved_run_is_shown_as_it_was(run: Callable[..., Any]) -> None:
    arguments = ("minimize", BANANA, "--start", "-1.5,2", "--lr", "0.001", "--epochs", "50")
    _, told, err = run(*arguments, "--no-calculus", "--save", "run.steepest")
    assert err == "run.steepest written\n"
    assert run("show", "run.steepest") == (0, told, "")
    assert json.loads(run("show", "run.steepest", "--json")[1])["runs"][0]["epochs"] == 50
    code, out, err = run("show", "run.steepest", "--contour", "x,y")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--parameters says what --report, --plot and --animate draw over; give one of" in err


def test_pictures_are_written_in_the_format_of_their_names(run: Callable[..., Any]) -> None:
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--epochs", "4", "--quiet")
    assert run(*arguments, "--plot", "a.png", "--animate", "a.gif")[0] == 0
    assert run(*arguments, "--plot", "b.svg", "--view", "objective")[0] == 0
    assert run(*arguments, "--lr", "0.7", "--plot", "c.pdf")[0] == 0
    starts = {"a.png": b"\x89PNG", "a.gif": b"GIF89a", "b.svg": b"<?xml", "c.pdf": b"%PDF"}
    assert {name: Path(name).read_bytes()[: len(magic)] for name, magic in starts.items()} == starts
    assert sorted(os.listdir()) == sorted(starts)


def test_every_command_that_descends_draws_and_films(run: Callable[..., Any]) -> None:
    film = ("--animate", "a.gif", "--quiet", "--epochs", "1")
    fit = ("fit", "sample:noisy-line", "--save", "m.steepest", "--lr", "0.3", "--quiet")
    assert run(*fit, "--plot", "a.png", "--view", "gradient")[0] == 0
    assert run("show", "m.steepest", "--plot", "a.png", "--parameters", "x,intercept")[0] == 0
    assert run("compare", "sample:noisy-line", "--lr", "0.1", "--lr", "0.2", *film)[0] == 0
    two = (PARABOLA, "--start", "7", "--lr", "0.1", "--lr", "0.7", *film)
    for command in ("minimize", "compare"):
        assert run(command, *two, "--view", "curve")[0] == 0
        with Image.open("a.gif") as shown:
            assert shown.n_frames == 2  # type: ignore[attr-defined]  # a film of epochs 0 and 1
    code, out, err = run(*fit[:-1], "--plot", "a.png", "--view", "roc")
    assert (code, err) == (2, "m.steepest written\nsteepest: The target of this loss is a number, "
                           "not a class.\n")  # fmt: skip
    assert "R²" in out  # a picture that there is not does not take the numbers with it


def test_a_report_is_written(run: Callable[..., Any]) -> None:
    arguments = ("minimize", BANANA, "--start", "-1.5,2", "--lr", "0.001", "--epochs", "20")
    for rates in ((), ("--lr", "0.0005")):
        code, _, err = run(*arguments, *rates, "--report", "r.html", "--no-calculus")
        assert (code, err) == (0, "r.html written\n")
        assert "<html" in Path("r.html").read_text()


def test_a_picture_that_fails_does_not_take_the_numbers_with_it(run: Callable[..., Any]) -> None:
    code, out, err = run(
        "minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--epochs", "4", "--plot", "a.png",
        "--view", "contour", "--no-calculus",
    )  # fmt: skip
    assert code != 0
    assert err.count("\n") == 1
    assert "Verdict" in out
    assert os.listdir() == []


def test_ctrl_c_keeps_the_path_and_exits_with_130(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def epochs(self: ProgressBar, done: int, objective: float) -> None:
        if done == 50:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "epochs", epochs)
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "0.001", "--no-calculus")
    code, out, _ = run(*arguments, "--epochs", "1000000", "--save", "run.steepest")
    assert code == 130
    assert "Interrupted at epoch" in out
    assert steepest.load("run.steepest").epochs >= 50
    code, out, _ = run("show", "run.steepest")
    assert code == 0 and "Interrupted at epoch" in out  # this command was not


def test_a_full_disk_is_exit_code_74_and_the_result_is_still_told(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("run.steepest").write_bytes(b"old")
    monkeypatch.setattr("steepest.storage.atomic_write._fill", full)
    arguments = ("minimize", PARABOLA, "--start", "7", "--lr", "0.1", "--no-calculus")
    code, out, err = run(*arguments, "--save", "run.steepest")
    assert (code, err.count("\n")) == (74, 1)
    assert "Verdict" in out
    assert Path("run.steepest").read_bytes() == b"old"


# --- search ----------------------------------------------------------------------------------


def test_search_finds_lesson_0s_weight_and_writes_every_point(run: Callable[..., Any]) -> None:
    code, out, err = run("search", "14/3*(w-2)**2", "--over", "w=0:4:0.1", "--csv", "grid.csv")
    assert (code, err) == (0, "grid.csv written\n")
    assert "Over      w from 0 to 4 (41 values)" in out
    assert "Best of 41 points: w = 2, objective 0." in out
    rows = list(csv.DictReader(Path("grid.csv").read_text().splitlines()))
    assert len(rows) == 41
    for k, row in enumerate(rows):
        assert float(row["w"]) == pytest.approx(k / 10)
        assert float(row["objective"]) == pytest.approx(14 / 3 * (k / 10 - 2) ** 2)


def test_search_over_two_parameters_holds_the_third(run: Callable[..., Any]) -> None:
    code, out, _ = run(
        "search", "(x - 1)^2 + y^2*(y - 1)^2 + z", "--over", "x=-1:1:0.5", "--over", "y=-1:1:0.5",
        "--at", "z=2", "--json", "--csv", "grid.csv", "--quiet",
    )  # fmt: skip
    data = json.loads(out)
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    assert code == 0
    assert [key for key in data if f"`{key}`" not in documented] == []
    assert (data["best"], data["best_objective"]) == ({"x": 1.0, "y": 0.0}, 2.0)
    assert (data["tied"], data["ties"]) == (1, [{"x": 1.0, "y": 1.0}])
    assert (data["points"], data["at"], data["edges"]) == (25, {"z": 2.0}, ["x"])
    lines = Path("grid.csv").read_text().splitlines()
    assert lines[:3] == ["x,y,objective", "-1.0,-1.0,10.0", "-1.0,-0.5,6.5625"]


def test_search_says_where_the_best_lies_at_the_edge_and_what_is_outside(
    run: Callable[..., Any],
) -> None:
    _, out, _ = run("search", "log(x)", "--over", "x=-1:1:0.5")
    assert "objective -inf" in out and "2 points lie outside the domain." in in_line(out)
    _, out, _ = run("search", "x^2", "--over", "x=1:2:0.5")
    assert "There x lies at the edge of the grid: lower points may be beyond." in in_line(out)


def test_a_descent_runs_beside_the_search(run: Callable[..., Any]) -> None:
    arguments = ("search", "14/3*(w-2)**2", "--over", "w=0:4:0.1", "--start", "1", "--lr", "0.01")
    _, out, _ = run(*arguments, "--epochs", "100", "--plot", "a.png")
    # Lesson 0: w after 100 epochs is 1.9999444396553.
    assert "Descent   From w = 1 to w = 1.99994, objective 1.44057755e-08" in out
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads(run(*arguments, "--epochs", "100", "--json")[1])
    end = data["descent"]["runs"][0]["end"]
    assert end["parameters"]["w"] == pytest.approx(1.9999444396553017, rel=1e-9)


def test_ctrl_c_during_a_search_keeps_the_best_so_far(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def points(self: ProgressBar, done: int, total: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "points", points)
    code, out, _ = run("search", "x^2", "--over", "x=1:9:0.001")
    assert code == 130
    assert "points were not looked at" in in_line(out)


# --- graph -----------------------------------------------------------------------------------

LESSON_3 = ("graph", "3*(a + b*c)", "--at", "a=5,b=3", "--at", "c=2")


def test_graph_shows_lesson_3_forward_and_backward(run: Callable[..., Any]) -> None:
    code, out, err = run(*LESSON_3, "--steps")
    assert (code, err) == (0, "")
    assert "J = 3*(a + b*c) = 33; dJ/da = 3; dJ/db = 6; dJ/dc = 9" in in_line(out)
    for line in ("u b · c 6 3", "v a + u 11 3", "b → u 2 6", "c → u 3 9"):
        assert line in [in_line(each) for each in out.splitlines()]
    events = out.split("\n\n")[-1].splitlines()
    assert events[3] == "u = b · c = 3 · 2 = 6"
    assert events[-1] == "dJ/dc = dJ/du · du/dc = 3 · 3 = 9"
    assert "dJ/du · du/dc" not in run(*LESSON_3)[1]


def test_graph_as_json(run: Callable[..., Any]) -> None:
    data = json.loads(run(*LESSON_3, "--json")[1])
    documented = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    keys = {*data, *data["nodes"][0], *data["edges"][0]}
    assert [key for key in keys if f"`{key}`" not in documented] == []
    assert data["value"] == 33.0
    assert data["gradients"] == {"a": 3.0, "b": 6.0, "c": 9.0}
    place = {node["name"]: node["id"] for node in data["nodes"]}
    edges = {(edge["source"], edge["target"]): edge["derivative"] for edge in data["edges"]}
    assert edges[place["b"], place["u"]] == 2.0
    assert data["steps"][-1] == "dJ/dc = dJ/du · du/dc = 3 · 3 = 9"


def test_a_graph_is_saved_by_the_ending_of_its_name(run: Callable[..., Any]) -> None:
    starts = {"g.svg": "<?xml", "g.mmd": "flowchart LR\n", "g.dot": "digraph {\n"}
    for name, start in starts.items():
        assert run(*LESSON_3, "--save", name, "--quiet") == (0, "", "")
        assert Path(name).read_text().startswith(start)


def test_the_graph_of_a_known_function(run: Callable[..., Any]) -> None:
    # ∂f/∂x = −400x(y − x²) − 2(1 − x), ∂f/∂y = 200(y − x²)
    data = json.loads(run("graph", "rosenbrock", "--at", "x=-1,y=2", "--json")[1])
    assert data["formula"] == "(1 - x)^2 + 100*(y - x^2)^2"
    assert data["gradients"] == pytest.approx({"x": 396.0, "y": 200.0})


# --- Mistakes --------------------------------------------------------------------------------

AT_7 = ("minimize", PARABOLA, "--start", "7")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("minimize",), "Missing argument 'FORMULA'"),
        (("minimize", "x +", "--start", "1"), "formula, column 4: "),
        (("minimize", "9**9**9", "--start", "1"), "formula, column 2: the exponent"),
        (("minimize", "().__class__", "--start", "1"), "formula, column 3: "),
        (("minimize", "__import__('os')", "--start", "1"), "formula, column "),
        (("minimize", "sinn(x)", "--start", "1"), "Did you mean 'sin'?"),
        (("minimize", "rosenbroc"), "Did you mean 'rosenbrock'?"),
        (("minimize", PARABOLA), "a descent of x needs a start"),
        (("minimize", PARABOLA, "--start", "z=1"), "'z'"),
        (("minimize", PARABOLA, "--start", "1,2"), "a vector of 2 where one number is needed"),
        (("minimize", PARABOLA, "--start", "seven"), "must be a number, not 'seven'"),
        ((*AT_7, "--lr", "fast"), "'fast'"),
        ((*AT_7, "--lr", "-1"), "-1"),
        ((*AT_7, "--optimizer", "adm", "--lr", "1"), "Did you mean 'adam'?"),
        ((*AT_7, "--optimizer", "adam"), "0.001"),
        ((*AT_7, "--bounds", "y=0:9"), "no parameter 'y' to bound"),
        ((*AT_7, "--bounds", "x=0:1"), "lies outside its bounds"),
        ((*AT_7, "--epochs", "-1"), "epochs must be a whole number"),
        ((*AT_7, "--epoch", "5"), "--epochs"),
        ((*AT_7, "--epochs", str(10**18)), "would take about 1.2e+08 days"),
        ((*AT_7, "--plot", "a.jpg"), "--plot writes a file that ends in .png, .svg or .pdf"),
        ((*AT_7, "--report", "a.pdf"), "--report writes a file that ends in .html or .htm"),
        ((*AT_7, "--save", "a.html"), "--save writes a file that ends in .steepest"),
        ((*AT_7, "--animate", "a.png"), "--animate writes a file that ends in .gif or .mp4"),
        ((*AT_7, "--steps", "a.txt"), "--steps writes a file that ends in .csv or .json"),
        ((*AT_7, "--save", "none/a.steepest"), "there is no folder"),
        ((*AT_7, "--plot", "a.png", "--view", "curv"), "Did you mean 'curve'?"),
        ((*AT_7, "--view", "curve"), "give one of them a file too"),
        ((*AT_7, "--animate", "a.gif", "--view", "page"), "no picture 'page'"),
        ((*AT_7, "--lr", "1", "--lr", "2", "--save", "a.steepest"), "these are 2"),
        (("search", "x^2"), "Missing option '--over'"),
        (("search", "x^2", "--over", "x=0:1"), "name=lower:upper:step"),
        (("search", "x^2", "--over", "y=0:1:0.1"), "'y'"),
        (("search", "x^2 + y^2", "--over", "x=0:1:0.1"), "a value for y, as in y=1"),
        (("search", "x^2", "--over", "x=0:1:1e-9"), "points"),
        (("search", "x^2", "--over", "x=0:1:0.1", "--csv", "a.txt"), "--csv writes"),
        (("search", "x^2+y", "--over", "x=0:1:1", "--at", "y=1", "--start", "1,2"), "--at holds"),
        (("graph", "a*b", "--at", "a=1"), "a value for b, as in b=1"),
        (("graph", "a*b", "--at", "a=1,b=2,c=3"), "no variable 'c'"),
        (("graph", "a*b", "--at", "a"), "name=number is needed"),
        (("graph", "a*b", "--at", "a=1,b=two"), "--at: b must be a number, not 'two'"),
        (("graph", "a*b", "--at", "a=1", "--at", "a=2"), "--at gives a twice"),
        (("graph", "a*b", "--at", "a=1,b=2", "--save", "a.gif"), "--save writes"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line_and_exit_code_2(
    run: Callable[..., Any], arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("steepest: ") and err.count("\n") == 1
    assert message in err
    assert os.listdir() == []


def test_a_grid_over_the_parameters_of_a_table(run: Callable[..., Any]) -> None:
    Path("t.csv").write_text("x,y\n1,2\n2,4\n3,6\n")
    grid = ("search", "t.csv", "--target", "y", "--no-intercept", "--over", "x=0:4:0.1")
    assert "Best of 41 points: x = 2, objective 0." in run(*grid, "--csv", "g.csv")[1]
    points = np.loadtxt("g.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(points[:, 1], 14 / 3 * (points[:, 0] - 2) ** 2, atol=1e-12)
    assert json.loads(run(*grid, "--json")[1])["objective"].startswith("mean squared error, t.csv")
    for arguments, said in (
        ((*grid, "--start", "1"), "a descent beside the search is one of a formula; that of a"),
        (("search", "x^2", "--over", "x=0:1:1", "--l1", "2"), "--l1 is for tables, and 'x^2' is"),
        (("search", "t.csv", "--over", "x=0:1:1"), "Missing option '--target' / '-t'."),
    ):
        code, _, err = run(*arguments)
        assert code == 2
        assert said in err


def test_values_by_name() -> None:
    assert values_of([]) == {}
    assert values_of(["a=-1.5, b=2", "c=1e3"]) == {"a": -1.5, "b": 2.0, "c": 1000.0}


def test_ctrl_c_while_a_file_is_written_still_prints_the_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calculus is not waited for: the package that it needs may have been half imported."""
    from steepest.cli.result_files import ResultFiles, finish

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    class Broken:
        def text(self) -> str:
            raise AttributeError("half imported")

    broken: Any = Broken()
    monkeypatch.setattr(ResultFiles, "write", stopped)
    run = steepest.minimize("x^2", 7, lr=0.1, epochs=3)
    with pytest.raises(KeyboardInterrupt):
        finish(run, ResultFiles(), as_json=False, quiet=False, calculus=broken)
    assert "Verdict   Max steps at epoch 3" in capsys.readouterr().out


def test_the_level_point_of_a_cube_is_an_inflection(run: Callable[..., Any]) -> None:
    _, out, _ = run("minimize", "x^3", "--start", "1", "--lr", "0.1", "--epochs", "3")
    assert "Stationary point x = 0, f = 0, an inflection." in out
