"""Names that no output can have: refused in one line with the name, before the long work."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import steepest
from steepest.cli.main import main

FIT = ("fit", "d.csv", "-t", "y")
COMPARE = ("compare", "d.csv", "-t", "y", "--batch-size", "2", "--epochs", "1")
MINIMIZE = ("minimize", "x^2", "--start", "1")
SEARCH = ("search", "x^2", "--over", "x=0:1:0.5")
OUTPUTS = [
    (FIT, "--save", ".steepest"),
    (FIT, "--report", ".html"),
    ((*FIT, "--batch-size", "2"), "--checkpoint", ".run"),
    (COMPARE, "--plot", ".png"),
    (COMPARE, "--report", ".html"),
    (("predict", "m.steepest", "d.csv"), "--out", ".csv"),
    (("show", "m.steepest"), "--report", ".html"),
    (MINIMIZE, "--save", ".steepest"),
    (MINIMIZE, "--report", ".html"),
    (MINIMIZE, "--plot", ".png"),
    (MINIMIZE, "--animate", ".gif"),
    (MINIMIZE, "--steps", ".csv"),
    (SEARCH, "--csv", ".csv"),
    (SEARCH, "--plot", ".png"),
    (("graph", "x^2", "--at", "x=1"), "--save", ".svg"),
]
LONG = "n" * 300
Told = Callable[..., str]


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Told:
    """What a command that is refused says, in a folder that it leaves as it was."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("x,y\n1,2\n2,3\n3,5\n4,4\n")
    steepest.fit("d.csv", "y").save("m.steepest")
    for _, _, ending in OUTPUTS:
        Path(f"folder{ending}").mkdir(exist_ok=True)
    before = sorted(os.listdir())

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["steepest", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        assert sorted(os.listdir()) == before
        out, err = capsys.readouterr()
        assert out == ""
        return err.removesuffix("\n")

    return run


@pytest.mark.parametrize(("command", "option", "ending"), OUTPUTS)
def test_a_name_that_cannot_be_written(
    told: Told, command: tuple[str, ...], option: str, ending: str
) -> None:
    here = Path.cwd()
    for name, why in {
        f"{LONG}{ending}": "file name too long",
        f"folder{ending}": "it is a folder",
        f"none/a{ending}": f"there is no folder {here / 'none'}",
        f"d.csv/a{ending}": f"there is no folder {here / 'd.csv'}",
        f"a{ending}/": "the name is that of a folder",
    }.items():
        said = told(*command, option, name)
        assert said == f"steepest: cannot write {name}: {why}. Choose another place."


@pytest.mark.parametrize(("command", "option", "ending"), OUTPUTS)
def test_no_name_and_the_name_of_standard_output(
    told: Told, command: tuple[str, ...], option: str, ending: str
) -> None:
    assert told(*command, option, "") in (
        "steepest: cannot write '': the name is empty. Choose another place.",
        f"steepest: {option} writes a file that ends in {endings(option, ending)}; '' does not.",
    )
    assert told(*command, option, "-") in (
        "steepest: cannot write -: results are not written to standard output by that name. "
        "Choose another place.",
        f"steepest: {option} writes a file that ends in {endings(option, ending)}; - does not.",
    )


def endings(option: str, ending: str) -> str:
    """The endings that an output may have, as its message lists them."""
    several = {
        ".png": ".png, .svg or .pdf",
        ".svg": ".png, .svg, .pdf, .mmd or .dot",
        ".gif": ".gif or .mp4",
        ".html": ".html or .htm",
    }
    return ".csv or .json" if option == "--steps" else several.get(ending, ending)


@pytest.mark.parametrize("name", ["", "a.steepest/"])
def test_a_name_that_a_fit_cannot_be_saved_by(told: Told, name: str) -> None:
    fit = steepest.load("m.steepest")
    with pytest.raises(steepest.SteepestError, match="cannot write"):
        fit.save(name)
    assert not Path("a.steepest").exists()
