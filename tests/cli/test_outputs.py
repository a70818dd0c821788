"""What a command writes is never what it reads, however the two are spelled."""

import errno
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.font_manager  # noqa: F401  # looks for its cache before HOME is another folder
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steepest.cli.main import main

ROWS = "x,y\n1,2\n2,4.5\n3,5\n4,8\n5,9.5\n6,12\n"
COLUMNS = {"x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "y": [3.0, 4.0, 7.0, 8.0, 11.0, 12.0]}


def lay_out() -> None:
    """A folder of tables: a file with two links to it, one below, JSON lines and Parquet."""
    for folder in ("sub", "a/b/c"):
        Path(folder).mkdir(parents=True)
    for name in ("d.csv", "sub/e.csv", "a/top.csv", "a/b/c/e.csv"):
        Path(name).write_text(ROWS)
    Path("sym.csv").symlink_to("d.csv")
    Path("hard.csv").hardlink_to("d.csv")
    Path("j.json").write_text('{"x": 1, "y": 2}\n{"x": 2, "y": 4.5}\n{"x": 3, "y": 5}\n')
    pq.write_table(pa.table(COLUMNS), "p.parquet")


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a command."""
    errors = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
        patch.setattr(sys, "argv", ["steepest", *arguments])
        with redirect_stderr(errors), pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), errors.getvalue()


def contents() -> dict[str, bytes]:
    """Every file of the folder."""
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    lay_out()
    return tmp_path


def refused(*arguments: str) -> str:
    """The one line with which a command is refused, all files left as they were."""
    before = contents()
    code, errors = run(*arguments)
    assert (code, errors.count("\n"), contents() == before) == (2, 1, True), errors
    return errors.removeprefix("steepest: ").rstrip("\n")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("d.csv", "d.csv"),
        ("d.csv", "./sub/../d.csv"),
        ("d.csv", "sym.csv"),
        ("d.csv", "hard.csv"),
        ("sym.csv", "d.csv"),
        ("hard.csv", "sym.csv"),
        ("~/d.csv", "d.csv"),
        ("*/e.csv", "sub/e.csv"),
        ("a/**/*.csv", "a/b/c/e.csv"),
        ("a/**/*.csv", "a/top.csv"),
        ("p.parquet", "p.parquet"),
        ("j.json", "sub/../j.json"),
        ("select * from 'd.csv'", "d.csv"),
        ('select * from "d.csv"', "d.csv"),
        ('select * from "d.csv"', "hard.csv"),
        ("select * from '~/d.csv'", "d.csv"),
        ("select * from 'a/**/*.csv'", "a/b/c/e.csv"),
        ("select * from 'd.csv' a join (from 'sub/e.csv') b using (x, y)", "sub/e.csv"),
        ("with t as (from 'p.parquet') from t", "p.parquet"),
        ("from read_parquet(['p' || '.parquet'])", "p.parquet"),
        ("from read_parquet('*.parquet')", "p.parquet"),
        ("from read_json('~/j.json')", "j.json"),
        ("select x, y from 'd.csv' where x in (select x from 'j.json')", "j.json"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "compare", "predict"])
def test_an_output_that_is_an_input_is_refused(
    folder: Path, command: str, source: str, output: str
) -> None:
    said = f"{output} is read by this command; give the output another name"
    if command == "fit":
        assert refused("fit", source, "-t", "y", "--save", output) == said
        small = ("--batch-size", "2", "--epochs", "2", "--checkpoint", output)
        assert refused("fit", source, "-t", "y", *small) == said
    elif command == "compare":
        assert refused("compare", source, "-t", "y", "--report", output) == said
    elif Path(output).suffix == ".csv":
        run("fit", "d.csv", "-t", "y", "--save", "m.steepest", "--quiet")
        assert refused("predict", "m.steepest", source, "--out", output) == said


@pytest.mark.parametrize(
    ("source", "output", "pattern"),
    [
        ("a/b/c/*", "a/b/c/new.ckpt", "a/b/c/*"),
        ("a/b/c/*", "~/a/b/c/new.ckpt", "a/b/c/*"),
        ("*/e.csv", "a/e.csv", "*/e.csv"),
        ("a/**/*.csv", "a/b/new.csv", "a/**/*.csv"),
        ("a/b/**", "a/b/c/new.html", "a/b/**"),
        ("~/a/*/[a-f]/*.csv", "a/b/c/n.csv", "~/a/*/[a-f]/*.csv"),
        ("j*", "sub/../jnew", "j*"),
        ("select * from 'a/b/c/*'", "a/b/c/new.steepest", "a/b/c/*"),
        ("from read_parquet('*.parquet')", "new.parquet", "*.parquet"),
    ],
)
def test_an_output_that_the_glob_of_the_rows_would_match_is_refused(
    folder: Path, source: str, output: str, pattern: str
) -> None:
    output, pattern = os.path.expanduser(output), os.path.expanduser(pattern)
    said = (
        f"{output} would be among the files of {pattern}, which this command reads; give the "
        "output another name or folder"
    )
    for option in ("--save", "--report"):
        assert refused("fit", source, "-t", "y", option, output) == said
    assert refused("fit", source, "-t", "y", "--batch-size", "2", "--checkpoint", output) == said
    assert refused("compare", source, "-t", "y", "--report", output) == said
    if output.endswith(".csv"):
        run("fit", "d.csv", "-t", "y", "--save", "m.steepest", "--quiet")
        assert refused("predict", "m.steepest", source, "--out", output) == said


@pytest.mark.parametrize("output", ["a/b/new.ckpt", ".new.csv", "a/b/c/d.txt", "new.csv"])
def test_an_output_that_no_glob_matches_is_written(folder: Path, output: str) -> None:
    assert run("fit", "a/b/c/*.csv", "-t", "y", "--save", output)[0] == 0
    assert Path(output).is_file()


def test_unquoted_names_are_refused_before_anything_is_written(folder: Path) -> None:
    said = (
        "query: to SQL d.csv is a table of a schema; put the name of a file between quotes: "
        "FROM 'd.csv'"
    )
    for option in ("--save", "--report"):
        assert refused("fit", "select * from d.csv", "-t", "y", option, "d.csv") == said


def test_a_model_is_not_overwritten_by_what_it_is_read_for(folder: Path) -> None:
    run("fit", "d.csv", "-t", "y", "--save", "m.steepest", "--quiet")
    Path("link").symlink_to("m.steepest")
    said = "is read by this command; give the output another name"
    assert refused("predict", "link", "d.csv", "--out", "m.steepest") == f"m.steepest {said}"
    assert refused("show", "m.steepest", "--report", "link") == f"link {said}"


@pytest.mark.parametrize(
    ("first", "second"),
    [("o1", "o1"), ("o1", "sub/../o1"), ("o1", "~/o1"), ("dangling", "o1"), ("x1", "x2")],
)
def test_two_outputs_in_one_file_are_refused(folder: Path, first: str, second: str) -> None:
    Path("dangling").symlink_to("o1")
    Path("x1").write_text("kept")
    Path("x2").hardlink_to("x1")
    second = os.path.expanduser(second)  # a shell would
    assert refused("fit", "d.csv", "-t", "y", "--save", first, "--report", second) == (
        f"{second}: two outputs would be written to this file, by this name and as {first}; "
        "give each its own"
    )
    assert refused("search", "x^2", "--over", "x=0:1:3", "--csv", "1.csv", "--plot", "./1.csv")


def test_an_output_beside_the_input_is_written(folder: Path) -> None:
    before = contents()
    code, errors = run("fit", "select * from 'd*.csv'", "-t", "y", "--save", "sub/d.csv")
    assert (code, errors) == (0, "sub/d.csv written\n")
    assert {name: text for name, text in contents().items() if name in before} == before
    code, _ = run("predict", "sub/d.csv", "sample:three-points", "--out", "three.csv")
    assert code == 0 and Path("three.csv").read_text().startswith("x,y,prediction\n")


def test_an_output_that_cannot_be_written_is_told_before_the_rows_are_read(folder: Path) -> None:
    assert refused("fit", "nowhere.csv", "-t", "y", "--save", "no/m.steepest").startswith(
        "cannot write no/m.steepest: there is no folder "
    )


# Sources, and the files that they read.
D, E, P = {"d.csv", "sym.csv", "hard.csv"}, {"sub/e.csv"}, {"p.parquet"}
TOP, DEEP = {"a/top.csv"}, {"a/b/c/e.csv"}
NAMES = {
    "d.csv": D,
    "sym.csv": D,
    "hard.csv": D,
    "d*": D,
    "[d].csv": D,
    "*.csv": D,
    "sub/e.csv": E,
    "sub/*.csv": E,
    "**/*.csv": D | E | TOP | DEEP,
    "a/**/e.csv": DEEP,
    "p.parquet": P,
    "?.parquet": P,
}
ASKED = (
    "{0}",
    "select * from '{0}'",
    'select * from "{0}"',
    "from '{0}' where x > 0",
    "with t as (select x, y from '{0}') select * from t",
    "select x, y from '{0}' union all select x, y from 'sub/e.csv'",
    "select * from {0}",
    "select * from read_parquet('{0}')",
)
PREFIXES = ("", "./", "sub/../", "a/b/../../", "~/", "{folder}/")
OUTPUTS = (*D, *E, *TOP, *DEEP, *P, "m.steepest", "sub/new.html", "link-to-d")
OPTIONS = ("--save", "--report", "--checkpoint")


@settings(max_examples=20)
@given(
    name=st.sampled_from(sorted(NAMES)),
    asked=st.sampled_from(ASKED),
    prefix=st.sampled_from(PREFIXES),
    outputs=st.dictionaries(
        st.sampled_from(OPTIONS),
        st.tuples(st.sampled_from(PREFIXES), st.sampled_from(sorted(OUTPUTS))),
        min_size=1,
        max_size=2,
    ),
)
def test_no_input_is_ever_changed(
    name: str, asked: str, prefix: str, outputs: dict[str, tuple[str, str]]
) -> None:
    with TemporaryDirectory() as where, pytest.MonkeyPatch.context() as patch:
        folder = os.path.realpath(where)
        patch.chdir(folder)
        patch.setenv("HOME", folder)
        lay_out()
        Path("link-to-d").symlink_to("d.csv")
        before = contents()
        source = asked.format(prefix.format(folder=folder) + name)
        given = [
            (option, os.path.expanduser(start.format(folder=folder)) + output)
            for option, (start, output) in outputs.items()
        ]
        small = ("--batch-size", "3", "--epochs", "1") if "--checkpoint" in outputs else ()
        code, errors = run(
            "fit", source, "-t", "y", "--quiet", *small, *(each for pair in given for each in pair)
        )
        after = contents()
        inputs = NAMES[name] | (E if "union" in asked else set())
        assert {each: after[each] for each in inputs} == {each: before[each] for each in inputs}
        assert (code, errors.count("\n")) in ((0, 0), (2, 1)), errors
        if code == 2:
            assert after == before
        else:
            written = {os.path.realpath(file) for _, file in given}
            assert len(written) == len(given)
            changed = {each for each in after if after[each] != before.get(each)}
            assert {os.path.realpath(each) for each in changed} == written


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (
            OSError(errno.EIO, "Input/output error", "a.csv"),
            2,
            "a.csv could not be read: input/output error",
        ),
        (
            OSError(errno.EIO, "Input/output error"),
            2,
            "a file could not be read: input/output error",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/t"),
            74,
            "/tmp/t could not be written: no space left on device",
        ),
    ],
)
def test_what_the_system_refuses_is_said_with_the_name_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError, code: int, said: str
) -> None:
    def open_table(*given: object, **options: object) -> object:
        raise fault

    monkeypatch.setattr("steepest.api.read.open_table", open_table)
    assert run("fit", "d.csv", "-t", "y") == (code, f"steepest: {said}\n")
