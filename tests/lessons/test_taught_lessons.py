"""Each lesson as it is taught: its code runs, its numbers come out, and both codes agree."""

import ast
import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import matplotlib
import pytest
from click.testing import CliRunner, Result

from steepest import graph, minimize
from steepest.cli.main import steepest as command
from steepest.errors import InputError
from steepest.lessons.known_programs import findings
from steepest.lessons.lesson import Lesson, lesson, lessons
from steepest.lessons.notebook import notebook
from steepest.lessons.progress import keep, solved
from steepest.lessons.traced_program import Traced, completed, recorded, traced
from steepest.lessons.walk import Walk
from steepest.translation import LANGUAGES
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact
from steepest.wording.language import language_of

ALL = pytest.mark.parametrize("taught", lessons(), ids=lambda each: f"lesson {each.number}")

POINTS = "x_data = [1.0, 2.0, 3.0]\ny_data = [2.0, 4.0, 6.0]\n"
LOOP = """
w = 1.0
for epoch in range(20):
    gradient = 0
    for x, y in zip(x_data, y_data):
        gradient += 2 * x * (x * w - y)
    w {sign}= {rate} * gradient{mean}
"""
LINE = """
import numpy as np
X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
Y = 2 * X + 3
m = c = 0.0
for i in range(50):
    error = {error}
    {update}
"""
TORCH = """
import torch
x = torch.tensor([[1.0], [2.0], [3.0]])
y = torch.tensor([[2.0], [4.0], [6.0]])
torch.manual_seed(0)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(20):
    loss = ((model(x) - y) ** 2).mean()
    {clear}
    loss.backward()
    optimizer.step()
"""
BY_HAND = "m, c = m - 0.01 * np.mean(-2 * X * error), c - 0.01 * np.mean(-2 * error)"
IN_TURN = "m = m - 0.01 * np.mean(-2 * X * error); c = c - 0.01 * np.mean(-2 * (Y - (m * X + c)))"
PROGRAMS = {
    "right": [
        POINTS + LOOP.format(sign="-", rate=0.01, mean=" / 3"),
        LINE.format(error="Y - (m * X + c)", update=BY_HAND),
        TORCH.format(clear="optimizer.zero_grad()"),
    ],
    "sum": [POINTS + LOOP.format(sign="-", rate=0.01, mean="")],
    "half": [POINTS + LOOP.format(sign="-", rate=0.01, mean=" / 6")],
    "upwards": [POINTS + LOOP.format(sign="+", rate=0.01, mean=" / 3")],
    "sign": [LINE.format(error="Y - m * X + c", update=BY_HAND)],
    "sign_of_loss": [
        LINE.format(error="Y - m * X + c", update=BY_HAND.replace("-2 * error", "2 * error"))
    ],
    "one_after_the_other": [LINE.format(error="Y - (m * X + c)", update=IN_TURN)],
    "uncleared": [TORCH.format(clear="pass")],
}


def seen_of(file: Path) -> Traced:
    """What a program did, run in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        seen = recorded(str(file))
    return completed(seen, printed.getvalue().splitlines(), ast.parse(file.read_text("utf-8-sig")))


@ALL
def test_the_code_runs_and_all_numbers_are_the_lessons(taught: Lesson) -> None:
    walked = list(Walk(taught).parts())
    assert len(walked) == len(taught.part)
    for part in walked:
        wrong = [(each.same.what.en, each.difference) for each in part.compared if not each.agrees]
        wrong += [(each.value.expression, each.found) for each in part.measured if not each.agrees]
        assert wrong == [], part.part.title.en
        assert all(part.shown)


@ALL
def test_the_address_of_a_page_keeps_each_plus(taught: Lesson) -> None:
    """What stands in a room's own part is written twice: a plus there would be a space."""
    for part in taught.part:
        rooms = {key: value for key, value in parse_qsl(part.page) if key in ("graph", "table")}
        assert not [value for value in rooms.values() if "+" in value]
        if "graph" in rooms:
            own = dict(parse_qsl(rooms["graph"]))
            a, b, c = map(float, own["inputs"].split(","))
            assert graph(own["formula"], a=a, b=b, c=c).forward() == 33.0


@ALL
def test_the_answers_are_right_by_the_runs_that_they_make(taught: Lesson) -> None:
    """What an answer must do, beside the number that is kept for it."""
    walk = Walk(taught)
    walk.begin()
    for exercise in taught.exercise:
        assert not exercise.is_right(exercise.answer * 1.5)
        result = walk.attempt(exercise, exercise.answer)
        question = exercise.question.en
        if "Break it" in question:
            assert result.verdict.kind == "cycle"
        elif "largest" in question and result is not None:
            below = walk.attempt(exercise, 0.99 * exercise.answer)
            above = walk.attempt(exercise, 1.01 * exercise.answer)
            assert (below.verdict.kind, above.verdict.kind) != ("diverged", "diverged")
            assert above.verdict.kind == "diverged"


@ALL
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notebook_holds_the_lesson(taught: Lesson, language: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    text = notebook(taught, language_of(language))
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    texts = "".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    assert taught.title.within(language_of(language)) in texts
    codes = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert all(compile(code, "cell", "exec") for code in codes)


@pytest.mark.parametrize("number", range(10))
def test_a_notebook_runs(number: int) -> None:
    """All of its cells, one after another, as a kernel runs them."""
    matplotlib.use("Agg")
    names: dict[str, object] = {}
    for cell in json.loads(notebook(lesson(number), "zh"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)


def test_an_executed_notebook_has_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND")  # the tests' own
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    made = nbformat.reads(notebook(lesson(0), "zh"), as_version=4)
    made.cells = made.cells[:9]  # the first part
    nbclient.NotebookClient(made, timeout=None).execute()
    outputs = [output for cell in made.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    said = " ".join(output.get("text", "") + str(output.get("data", "")) for output in outputs)
    assert "mappingproxy" not in said and "<Axes" not in said


def test_what_is_said_reads_as_a_sentence_in_a_list_too() -> None:
    run = minimize("x^2", start=1.0, lr=0.1, epochs=3)
    assert repr([run.verdict]) == f"[Verdict({run.verdict})]"
    assert "objective is 0.2621" in repr(run.verdict)  # 0.8^6
    found = Finding("eval mode", 3, fact("left in eval mode", step=3, layers=("dropout",)))
    assert repr([found]) == f"[Finding({found})]"


@pytest.mark.parametrize(
    ("kind", "program"), [(kind, text) for kind, texts in PROGRAMS.items() for text in texts]
)
def test_a_program_is_told_what_it_is(kind: str, program: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(program)
    found = findings(lesson(1), seen_of(file))
    assert [each.kind for each in found] == [kind]
    assert "0.01" in found[0].within("en") and "0.01" in found[0].within("zh")


def test_the_parameter_after_beside_the_cost_before(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    shown = "\n    print(epoch, 'w =', w, 'cost:', before)"
    cost = "\n    before = sum((x * w - y) ** 2 for x, y in zip(x_data, y_data)) / 3"
    loop = LOOP.format(sign="-", rate=0.01, mean=" / 3").replace(
        "\n    gradient = 0", cost + "\n    gradient = 0"
    )
    file.write_text(POINTS + loop.rstrip() + shown)
    for seen in (seen_of(file), traced(str(file))):  # here, and in a process of its own
        assert [each.kind for each in findings(lesson(0), seen)] == ["right", "shifted"]
    file.write_text(
        POINTS + loop.rstrip() + shown.replace("w, 'cost", "w + 0, 'cost").replace("before)", "0)")
    )
    assert [each.kind for each in findings(lesson(0), seen_of(file))] == ["right"]


def test_a_derivative_of_another_formula(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("x = 7\nfor k in range(9):\n    x = x - 0.1 * (2 * x - 5)\n")
    assert [each.kind for each in findings(lesson(2), seen_of(file))] == ["other_formula"]


OTHERS = {
    "a function's own lists": (
        0,
        "right",
        """
def main():
    xs, ys, k = [1, 2, 3], [2, 4, 6], 1.0
    for _ in range(9):
        k -= 0.01 * sum(2 * x * (x * k - y) for x, y in zip(xs, ys)) / 3
main()
""",
    ),
    "an attribute, and a dictionary": (
        0,
        "right",
        """
class Model:
    w = 1.0
model, data = Model(), {"x": [1, 2, 3], "y": [2, 4, 6]}
model.w = 1.0
for _ in range(9):
    slope = sum(2 * x * (x * model.w - y) for x, y in zip(data["x"], data["y"]))
    model.w -= 0.01 * slope / 3
""",
    ),
    "a vector": (
        1,
        "sum",
        """
import numpy as np
x, y = np.array([1.0, 2, 3, 4]), np.array([3.0, 5, 6, 9])
a, theta = np.c_[np.ones(4), x], np.zeros(2)
for _ in range(9):
    theta = theta - 0.001 * 2 * a.T @ (a @ theta - y)
""",
    ),
    "a quotient as a rate": (0, "right", POINTS + LOOP.format(sign="-", rate="3/14", mean=" / 3")),
    "one point at a time": (
        0,
        "one_point",
        POINTS
        + """
w = 1.0
for _ in range(5):
    for x, y in zip(x_data, y_data):
        w = w - 0.01 * 2 * x * (x * w - y)
""",
    ),
    "steps too small to tell": (
        0,
        "unknown",
        POINTS + LOOP.format(sign="+", rate=1e-7, mean="/ 3"),
    ),
    "a parameter of a lambda": (
        2,
        "right",
        """
f = lambda x: x**2 - 4*x + 5
x, h = 7.0, 1e-6
for _ in range(9):
    x = x - 0.1 * (f(x + h) - f(x - h)) / (2 * h)
""",
    ),
    "a counter beside Adam's steps": (
        2,
        "unknown",
        """
x, m, v = 7.0, 0.0, 0.0
for k in range(1, 20):
    g = 2 * x - 4
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    x = x - 0.3 * (m / (1 - 0.9**k)) / ((v / (1 - 0.999**k)) ** 0.5 + 1e-8)
""",
    ),
    "a module of the learner's own, whose weight is set before the loop": (
        4,
        "sum",
        """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)
    def forward(self, x):
        return self.linear(x)
x = torch.arange(-3, 3, 0.5).view(-1, 1)
y, model = x - 1, Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
model.linear.weight.data.fill_(-15.0)
for _ in range(15):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), y, reduction="sum").backward()
    optimizer.step()
""",
    ),
    "a global that a function changes": (
        4,
        "right",
        """
x, y, w = [-2.0, -1.0, 1.0, 2.0], [6.0, 3.0, -3.0, -6.0], -10.0
def train(epochs, lr=0.1):
    global w
    for _ in range(epochs):
        w = w - lr * sum(2 * a * (w * a - b) for a, b in zip(x, y)) / 4
train(4)
""",
    ),
    "one point at a time, of which one is at 0": (
        4,
        "one_point",
        """
x, y = [-2.0, -1.0, 0.0, 1.0], [-3.0, -2.0, -1.0, 0.0]
w, b = -15.0, -10.0
for _ in range(4):
    for each, target in zip(x, y):
        r = w * each + b - target
        w, b = w - 0.05 * 2 * r * each, b - 0.05 * 2 * r
""",
    ),
    "columns of pandas": (
        1,
        "half",
        """
import pandas as pd
table = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [3.0, 5.0, 6.0, 9.0]})
x, y, m, c = table["x"], table["y"], 0.0, 0.0
for _ in range(9):
    r = m * x + c - y
    m, c = m - 0.02 * (r * x).mean(), c - 0.02 * r.mean()
""",
    ),
    "to infinity": (2, "right", "x = 7.0\nfor _ in range(900):\n    x = x - 9 * (2 * x - 4)\n"),
    "Newton's method": (2, "nothing", "x = 7.0\nfor _ in range(9):\n    x = x - (2 * x - 4) / 2\n"),
    "a byte order mark, and an exit": (
        2,
        "right",
        "\ufeffx = 7\nfor _ in range(9):\n    x = x - 0.1 * (2 * x - 4)\nraise SystemExit\n",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_program_in_another_spelling(name: str, tmp_path: Path) -> None:
    number, kind, program = OTHERS[name]
    file = tmp_path / "mine.py"
    file.write_text(program, encoding="utf-8")
    (found,) = findings(lesson(number), seen_of(file))
    assert found.kind == kind
    assert all(found.within(language) for language in LANGUAGES)


def test_a_loop_without_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.lessons.traced_program._MOST_LINES", 500)
    file = tmp_path / "mine.py"
    file.write_text("x = 7\nwhile True:\n    x = x - 0.1 * (2 * x - 4)\n")
    found = findings(lesson(2), seen_of(file))
    assert [each.kind for each in found] == ["right", "stopped"]
    assert "500 of its lines" in found[1].within("en")


@pytest.mark.parametrize("text", ["", "[]", '{"0": 3}', '{"0": ["x"]}', "[" * 100_000])
def test_a_damaged_file_of_progress_is_as_none(text: str, tmp_path: Path) -> None:
    file = tmp_path / "lessons.json"
    file.write_text(text)
    assert solved(file) == {}
    keep(file, 0, 2)
    assert solved(file) == {0: {2}}


def test_an_answer_is_right_where_progress_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    answered = said("1", "--answer", "3=100", home=tmp_path / "home")
    assert answered.exit_code == 0
    assert answered.stdout.startswith("3. Right.")
    assert "progress cannot be written to" in answered.stdout


def test_a_program_of_another_kind_is_told_where_it_leaves(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    slip = LOOP.format(sign="-", rate=0.01, mean=" / 3").replace(
        "gradient = 0", "gradient = 1 if epoch == 4 else 0"
    )
    file.write_text(POINTS + slip)
    (found,) = findings(lesson(0), seen_of(file))
    assert (found.kind, found.values["step"]) == ("differs", 5)
    file.write_text("print('hello')")
    assert [each.kind for each in findings(lesson(0), seen_of(file))] == ["nothing"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nx / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("x = (\n", "line 1 is no Python program: '\\(' was never closed$"),
        ("n = input()\n", "line 1: nobody is asked here: write the value in place of input"),
        ("import os\nos._exit(0)\n", "it ended without a result"),
    ],
)
def test_a_program_that_fails_is_named_at_its_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        traced(str(file))


def said(
    *words: str, home: Path | None = None, language: str = "en", pasted: str | None = None
) -> Result:
    variables = {"STEEPEST_LANG": language, "XDG_CONFIG_HOME": str(home or "/nonexistent")}
    return CliRunner().invoke(command, ["lesson", *words], env=variables, input=pasted)


def test_a_program_that_is_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs where the learner is, and its errors name no file that nobody knows."""
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("1,2\n2,4\n3,6\n")
    points = "x_data, y_data = zip(*(map(float, line.split(',')) for line in open('points.csv')))"
    result = said("0", "--check", "-", pasted=points + LOOP.format(sign="-", rate=0.01, mean=""))
    assert result.stdout.startswith("The gradient is a sum over the points, not their mean: 20")
    failed = said("0", "--check", "-", pasted="w = 1\nw / 0\n")
    assert str(failed.exception) == "pasted, line 2: ZeroDivisionError: division by zero"


def test_the_list_and_what_is_solved(tmp_path: Path) -> None:
    assert "Lesson 9 · Curvature: what Newton does" in said(home=tmp_path).stdout
    answered = said("0", "--answer", "1=3/14", "--answer", "2=100", home=tmp_path)
    assert answered.exit_code == 0, answered.output
    assert answered.stdout.startswith("1. Right.")
    assert "2. Not yet.\n   Hint: |w − 2| after k epochs is 0.9066667^k." in answered.stdout
    assert "已完成 1/3" in said(home=tmp_path, language="zh").stdout


def test_a_walk_in_both_languages() -> None:
    english, chinese = said("2"), said("2", "--lang", "zh")
    assert "all seven, 60 steps each" in english.stdout
    assert "第 2 课 · 一个公式与七个学习率" in chinese.stdout and "两边相等" in chinese.stdout
    assert "差" not in english.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["99"], "there is no lesson 99: they are 0 to 9"),
        (["--notebook", "a.ipynb"], "name a lesson"),
        (["0", "--answer", "7=1"], "the lesson's exercises are 1 to 3"),
        (["0", "--answer", "1=x"], "the answer must be a number, not 'x'"),
        (["9", "--check", "a.py"], "lesson 9 has no program to compare with"),
        (["0", "--lang", "de"], "'de' is not one of 'en', 'zh'"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: list[str], message: str) -> None:
    result = said(*words)
    assert result.exit_code != 0
    assert message in (str(result.exception) + result.output)


@pytest.mark.parametrize(
    ("name", "language"),
    [("zh", "zh"), ("zh-Hans", "zh"), ("zh_CN.UTF-8", "zh"), ("en_GB.UTF-8", "en")],
)
def test_a_language_by_its_names(name: str, language: str) -> None:
    assert language_of(name) == language


def test_a_language_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_LANG", "zh_TW")
    assert language_of() == "zh"
    assert language_of("en") == "en"
    monkeypatch.setenv("STEEPEST_LANG", "klingon")
    with pytest.raises(InputError, match="there is no language 'klingon'"):
        language_of()


def test_a_program_ends_with_the_process_that_runs_it(tmp_path: Path) -> None:
    """Whatever ends that one: its end of the pipe is then closed."""
    file = tmp_path / "endless.py"
    file.write_text("print('begun', flush=True)\nwhile True:\n    pass\n")
    command = [sys.executable, "-m", "steepest.lessons.traced_program", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline().strip() == b"begun"
        child.stdin.close()
        assert child.wait(60) == 1
