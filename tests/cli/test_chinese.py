"""Every command and every report speaks Chinese where it is asked to, and leaves no English."""

import html
import re
from pathlib import Path

import pytest

import steepest
from steepest.cli.main import main
from steepest.errors import InputError
from steepest.translation import speaking

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
# A letter of Chinese beside a space and another, or beside a comma or colon of half its width.
_SET_AS_ENGLISH = re.compile(r"[。，：；、] +[\u4e00-\u9fff]|[\u4e00-\u9fff] ?[,;:](?!\S)")
# What `--help` has for a value in English.
_METAVARS = re.compile(r"\b(?:[A-Z]{4,}|ARGS)\b(?!=)")
# Three words of English in sequence.
_SENTENCE = re.compile(r"\b[A-Za-z]{2,}[,;]? [a-z]{2,}[,;]? [a-z]{2,}\b")
COMMANDS = {
    "help": ["--help"],
    "fit": ["fit", "sample:noisy-line", "--report", "{out}.html"],
    "fit of rows": [
        "fit",
        str(PENGUINS),
        "-t",
        "body_mass_g",
        "--missing",
        "drop",
        "--epochs",
        "5",
    ],
    "logistic": ["fit", str(PENGUINS), "-t", "sex", "--missing", "drop", "--loss", "logistic"],
    "lasso": ["fit", "sample:collinear", "--l1", "0.1", "--validation", "0.2"],
    "mini-batches": ["fit", "sample:noisy-line", "--batch-size", "10", "--epochs", "3"],
    "minimize": [
        "minimize",
        "x^2 - 4x + 5",
        "--start",
        "7",
        "--lr",
        "0.1",
        "--report",
        "{out}.html",
    ],
    "diverging": ["minimize", "x^2 - 4x + 5", "--start", "7", "--lr", "1.1"],
    "two rates": ["minimize", "x^2*y^2 + x^2", "--start", "2,1", "--lr", "0.1", "--lr", "1"],
    "compare": ["compare", "sample:noisy-line", "--lr", "0.1", "--report", "{out}.html"],
    "search": ["search", "14/3*(w-2)**2", "--over", "w=0:4:0.5", "--start", "1", "--lr", "0.1"],
    "graph": ["graph", "a*(b + sin(c))", "--at", "a=5,b=3,c=2", "--steps"],
    "lessons": ["lesson"],
    "lesson": ["lesson", "0"],
}
HELPS = [
    "fit",
    "compare",
    "predict",
    "show",
    "minimize",
    "search",
    "graph",
    "lesson",
    "lab",
    "help",
]
MISTAKES = {
    "no file": ["fit", "nowhere.csv", "-t", "y"],
    "no target": ["fit", str(PENGUINS), "-t", "mass"],
    "missing values": ["fit", str(PENGUINS), "-t", "body_mass_g"],
    "no option": ["fit", str(PENGUINS), "--epoch", "3"],
    "no optimizer": ["minimize", "x^2", "--start", "1", "--optimizer", "adamm"],
    "no feature": ["fit", str(PENGUINS), "-t", "year", "--features", "isle"],
    "no sample": ["fit", "sample:line"],
    "no picture": ["minimize", "x^2", "--start", "1", "--plot", "a.txt"],
    "no help": ["help", "cycel"],
    "no command": ["fitt"],
    "no argument": ["fit"],
    "too many": ["fit", "a.csv", "b.csv"],
    "no formula": ["minimize", "x^2 +* 3"],
    "no function": ["minimize", "foo(x)"],
    "no number": ["fit", str(PENGUINS), "-t", "year", "--ridge", "much"],
}


def said(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """All that a command prints."""
    monkeypatch.setattr("sys.argv", ["steepest", *words, "--lang", "zh"])
    with pytest.raises(SystemExit):
        main()
    captured = capsys.readouterr()
    return captured.out + captured.err


# What stays: code of a lesson, which is set in, a command as an example, the names of functions.
_STAYS = re.compile(r"(?m)^ {4}.*$|^ *steepest .*$|(?:sin, cos|three-points), .*$")


def english(text: str) -> list[str]:
    return [found[0] for found in _SENTENCE.finditer(_STAYS.sub("", text))]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command(
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    words = [word.format(out=tmp_path / "report") for word in COMMANDS[name]]
    text = said(words, capsys, monkeypatch)
    assert re.search("[\u4e00-\u9fff]", text)
    assert english(text) == []
    assert _SET_AS_ENGLISH.findall(_STAYS.sub("", text)) == []
    for report in tmp_path.glob("*.html"):
        assert english(words_of(report.read_text(encoding="utf-8"))) == []


def words_of(page: str) -> str:
    """What a page says, without its scripts and styles."""
    bare = re.sub(r"<(script|style)\b.*?</\1>|<math\b.*?</math>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "\n", bare))


@pytest.mark.parametrize("name", HELPS)
def test_helps(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _STAYS.sub("", said([name, "--help"], capsys, monkeypatch))
    assert english(text) == []
    assert set(_METAVARS.findall(text)) <= {"HTML", "JSON", "SELECT", "STEEPEST_LANG"}
    assert _SET_AS_ENGLISH.findall(text) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = said(MISTAKES[name], capsys, monkeypatch)
    assert re.search("[\u4e00-\u9fff]", text)
    assert english(text) == []
    assert _SET_AS_ENGLISH.findall(text) == []


def test_a_study_in_a_notebook_has_no_english_word() -> None:
    with speaking("zh"):
        study = steepest.study("x^2", start=2, lr=[0.1, 1.1], epochs=20)
        text = words_of(study._repr_html_())
        with pytest.raises(InputError, match="没有比较图 'foo'；请从 page、curve、"):
            study.plot("foo")
    assert set(re.findall("[A-Za-z]+", text)) <= {"lr", "x", "e"}
    assert "发散" in text and "轮数用完" in text
