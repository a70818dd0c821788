"""What is advised can be done: an option that a message names is one of the command at hand."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest

import steepest
from steepest.cli.main import main
from steepest.cli.main import steepest as commands
from steepest.models.mini_batches import MiniBatches

FILES = {
    "t.csv": "x,y,c\n1,2,a\n2,3,b\n3,5,a\n4,4,b\n5,7,a\n",
    "missing.csv": "x,y\n1,2\n,3\n3,\n4,4\n5,6\n",
    "nan.csv": "x,y\n1,2\nnan,3\n3,4\n4,4\n",
    "classes.csv": "x,c\n1,a\n2,b\n3,a\n4,b\n5,c\n",
    "intercept.csv": "intercept,y\n1,2\n2,3\n3,5\n",
}
FIT = ("fit", "t.csv", "-t", "y")
COMPARE = ("compare", "t.csv", "-t", "y")
PREDICT = ("predict", "m.steepest")
MINIMIZE = ("minimize", "x^2", "--start", "1")
SEARCH = ("search", "x^2", "--over", "x=0:1:0.5")
MISSING = "2 missing values: x 1, y 1 (first at missing.csv, row 2 (line 3)); set --missing to"
LATIN = (
    "latin.csv: byte 2 (0xF6) is not UTF-8 text; save it as UTF-8, or say its encoding, for "
    "instance cp1252, latin-1 or cp1251"
)
NAN = "nan.csv, row 2 (line 3): column 'x' is nan; correct it, or"
AUTO = (
    "--lr auto is computed from the curvature for SGD; give Adam a number, for example torch's "
    "default, 0.001"
)
TABLE = "t.csv: CSV, delimiter ',', header"
SIZES = "give whole numbers above 0 and full, as in 1,10,100,full"
OVER = (
    "--parameters says what --report, --plot and --animate draw over; give one of them a file too"
)
SLIPS = [
    (("fit", "missing.csv", "-t", "y"), f"{MISSING} drop or mean"),
    (("compare", "missing.csv", "-t", "y"), f"{MISSING} drop or mean"),
    ((*PREDICT, "missing.csv"), "1 missing value: x 1 (first at missing.csv, row 2 (line 3)); fit "
     "with --missing set to drop or mean"),
    (("fit", "nan.csv", "-t", "y"), f"{NAN} set --missing to drop or mean"),
    (("predict", "c.steepest", "hole.csv", "--unseen", "missing"), "1 missing value: c 1 (first "
     "at hole.csv, row 2 (line 3)); fit with --missing set to drop or mean"),
    (("fit", "t.csv", "-t", "y", "--dependent", "errror"), "--dependent is 'errror'; use "
     "'drop', 'error' or 'minimum_norm'"),
    (("fit", "t.csv", "-t", "y", "--dependent", "drop", "--minimum-norm"), "--dependent is 'drop', "
     "which --minimum-norm is not; give one of them"),
    (("fit", "sum.csv", "-t", "y", "--dependent", "error"), "sum.csv: CSV, delimiter ',', header: "
     "columns w, x, z are linearly dependent: the answer is not unique; leave one out, add ridge, "
     "or ask for the minimum-norm answer"),
    ((*PREDICT, "nan.csv"), f"{NAN} fit with --missing set to drop or mean"),
    (("fit", "latin.csv", "-t", "y"), LATIN),
    ((*PREDICT, "latin.csv"), LATIN),
    (("fit", "classes.csv", "-t", "c", "--loss", "logistic"), "the target 'c' has 3 classes "
     "(a, b, c), and logistic loss is for two: use multinomial loss"),
    (("fit", "intercept.csv", "-t", "y"), "a feature is called 'intercept', as the fitted "
     "intercept is; rename the column, or fit without an intercept"),
    ((*FIT, "--checkpoint", "a.run"), "a checkpoint is of mini-batches: give a --batch-size too"),
    (("fit", "t.csv", "--features", "x,", "c", "-t", "y"), "Got unexpected extra argument (c). "
     "Names in a list go between commas without spaces, as in sqft,rooms, or between quotes"),
    ((*FIT, "--positive", "b"), "Got unexpected extra argument (b). --nonnegative takes no value; "
     "which class counts as 1 is --positive-class LABEL"),
    ((*FIT, "--positive-class", "b"), "--positive-class is of two classes, and squared loss "
     "predicts a number; set --loss logistic, or leave it out"),
    ((*FIT, "--lr", "cosine:0.1"), "learning rate 'cosine:0.1': epochs is missing; an example is "
     "cosine:0.1,epochs=1000,eta_min=0.001."),
    (("fit", "sample:noisy-line,a"), "sample:noisy-line: 'a' is no option; write, for example, "
     "sample:noisy-line,seed=3"),
    ((*PREDICT, "t.csv", "--unseen", "ignore"), "--unseen is 'ignore'; use 'error', 'missing' or "
     "'base'"),
    (("minimize", "lr^2 + seed"), "a descent of lr, seed needs a start: a number for each, by "
     "place (1,1) or by name (lr=1,seed=1), or 'random'."),
    ((*FIT, "--average"), "--average is of mini-batches; give a --batch-size too"),
    ((*FIT, "--folds", "2", "--loss", "huber"), "--folds are for squared loss without L1 and "
     "mini-batches; hold out a part with validation 0.2"),
    ((*FIT, "--folds", "99"), f"{TABLE}: no row was left for fold 1; use fewer folds"),
    ((*FIT, "--validation", "0.01"), f"{TABLE}: no row was left for validation; hold out another "
     "fraction"),
    ((*FIT, "--optimizer", "adam"), AUTO),
    ((*FIT, "--optimizer", "adam", "--momentum", "0.9"), "Adam has no momentum, which belongs to "
     "SGD; leave it out."),
    ((*FIT, "--contour", "x,c[b]"), OVER),
    ((*FIT, "--contour", "x", "--report", "a.html"), "--parameters is 'x'; give two parameters, "
     "for example x,intercept"),
    ((*FIT, "--parameters", "x,z", "--plot", "a.png", "--view", "roc"), "--parameters says what a "
     "contour, surface or curve is drawn over, and --view is roc; leave one out"),
    (("show", "m.steepest", "--parameters", "x,intercept"), OVER),
    (("fit", "select * from 't.csv'", "-t", "y", "--encoding", "utf-8"), "--encoding is for a CSV "
     "file by itself; in a query, leave it out"),
    (("fit", "select * from 't.csv'", "-t", "y", "--names", "a,b,c"), "--names is for a CSV file "
     "by itself; in a query, rename in SQL, as in x AS speed"),
    (("predict", "t.csv", "m.steepest"), "t.csv is not a steepest file: it looks like text, such "
     "as a table."),
    (("show", "t.csv"), "t.csv is not a steepest file: it looks like text, such as a table."),
    (("minimize", "t.csv"), "t.csv is a file, and a formula is needed here, such as x^2 - 4x + 5; "
     "a table is fitted by fit"),
    (("graph", "m.steepest"), "m.steepest is a file, and a formula is needed here, such as "
     "x^2 - 4x + 5; a table is fitted by fit"),
    ((*COMPARE, "--batch-size", ","), f"--batch-size is ','; {SIZES}"),
    ((*COMPARE, "--batch-size", "0"), f"--batch-size is '0'; {SIZES}"),
    ((*COMPARE, "--batch-size", "1.5"), f"--batch-size is '1.5'; {SIZES}"),
    ((*COMPARE, "--optimizer", "adam"), AUTO),
    ((*MINIMIZE, "--optimizer", "adam"), AUTO),
    ((*MINIMIZE, "--view", "curve"), "--view says what --plot and --animate draw; give one "
     "of them a file too"),
    ((*MINIMIZE, "--start", "2", "--save", "a.steepest"), "--save takes one run, and these are 2; "
     "give one --start, --lr and --optimizer. --steps, --plot, --animate and --report take all"),
    ((*MINIMIZE, "--lr", "0,1"), "--lr is '0,1'; give one rate, with a point in it (0.1), and for "
     "several --lr again (--lr 0.1 --lr 0.3)"),
    (("minimize", "x^4", "--start", "1", "--momentum", "0.9"), "--lr auto searches along the "
     "gradient, and momentum leads elsewhere; give --lr a number"),
    ((*SEARCH, "--epochs", "3"), "--lr and --epochs are of a descent beside the search; give "
     "--start too"),
    ((*SEARCH, "--at", "q"), "--at has 'q' where name=number is needed, as in a=5,b=3"),
    (("search", "x^2+y", *SEARCH[2:], "--at", "y=1", "--start", "1"), "a descent moves every "
     "parameter, and --at holds some; leave out --start or --at"),
    (("graph", "x^2", "--at", "x=1", "--at", "x=2"), "--at gives x twice; give it once"),
]  # fmt: skip


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "latin.csv").write_bytes("x\nö\nü\na\n".encode("latin-1"))
    steepest.fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 4.0]).save(folder / "m.steepest")
    (folder / "hole.csv").write_text("c,y\na,1\n,2\nb,3\na,2\n")
    (folder / "sum.csv").write_text("x,z,w,y\n1,2,3,1\n2,5,7,2\n3,1,4,4\n5,5,10,3\n4,3,7,1\n")
    (folder / "levels.csv").write_text("c,y\na,1\nb,2\na,3\nb,2\n")
    steepest.fit(folder / "levels.csv", "y").save(folder / "c.steepest")
    return folder


@pytest.fixture
def folder(laid_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tables and models, each test's own."""
    shutil.copytree(laid_out, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("arguments", "said"), SLIPS)
def test_a_slip_on_the_command_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    before = sorted(folder.iterdir())
    monkeypatch.setattr("sys.argv", ["steepest", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert (left.value.code, out, err) == (2, "", f"steepest: {said}\n")
    assert sorted(folder.iterdir()) == before
    command = "fit" if "fit with --" in err else arguments[0]
    assert set(re.findall(r"--[a-z][a-z-]*", err)) <= options(command)


def options(command: str) -> set[str]:
    parameters = commands.commands[command].params
    return {
        name
        for parameter in parameters
        if isinstance(parameter, click.Option)
        for name in [*parameter.opts, *parameter.secondary_opts]
    }


def loaded_fit(file: str) -> steepest.Fit:
    fit = steepest.load(file)
    assert isinstance(fit, steepest.Fit)
    return fit


ROWS, TARGET = [[1.0, 2.0], [2.0, 1.0], [3.0, 5.0], [4.0, 4.0]], [1.0, 2.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (lambda: steepest.fit("missing.csv", "y"), f"{MISSING.replace('--', '')} drop or mean"),
        (lambda: loaded_fit("m.steepest").predict([[np.nan]]), "array, row 1 (index 0): column "
         "'x' is nan; correct it, or fit with missing set to drop or mean"),
        (lambda: steepest.fit("latin.csv", "x"), LATIN),
        (lambda: steepest.fit(ROWS, TARGET, batch_size=MiniBatches(checkpoint="a")),
         "a checkpoint is of mini-batches: give a batch_size too"),
        (lambda: steepest.fit(ROWS, TARGET, optimizer="adam"), AUTO[2:]),
        (lambda: steepest.fit(ROWS, TARGET, start="x1=1"), "start is 'x1=1'; use 'random', "  # type: ignore[arg-type]  # refused
         "numbers, or a dict of numbers by name"),
        (lambda: steepest.fit(ROWS, TARGET, loss="logistic"), "the target 'y' has 4 classes (1, 2, "
         "3, 5), and logistic loss is for two: use multinomial loss"),
        (lambda: steepest.read("select 1 as x, 2 as y", delimiter=";"), "delimiter is for a "
         "CSV file by itself; in a query, leave it out"),
        (lambda: steepest.load("t.csv"), "t.csv is not a steepest file: it looks like text, such "
         "as a table."),
    ],
)  # fmt: skip
def test_a_slip_in_python(folder: Path, slip: Callable[[], object], said: str) -> None:
    with pytest.raises(steepest.InputError) as caught:
        slip()
    assert str(caught.value) == said
    assert "--" not in said
