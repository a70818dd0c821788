"""Names in any script: an installed font that has the letters, or boxes and one line."""

import io
import warnings
from typing import Any

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

import steepest
from steepest.pictures import fonts
from steepest.pictures.fonts import choose_fonts

X = np.arange(8.0)
ROWS = {"面积": X, "价格": 2.0 * X + np.sin(X)}


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was told yet, and filters of warnings are as before afterwards."""
    monkeypatch.setattr(fonts, "_told", set())
    monkeypatch.setattr(warnings, "filters", list(warnings.filters))


def picture() -> Any:
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xlabel("面积, m²")
    axes.set_yticks([0.0], labels=["价格"])
    axes.set_title("plain")
    return axes


def without_raw_warnings(figure: Figure) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO(), format="png")


def test_names_have_an_installed_font_with_their_letters() -> None:
    installed = {name for name in fonts._files() if "CJK" in name}
    if not installed:
        pytest.skip("no CJK font is installed")
    axes = picture()
    assert choose_fonts(axes.figure) == []
    families = [axes.xaxis.label.get_fontfamily(), axes.get_yticklabels()[0].get_fontfamily()]
    assert all(set(each) & installed for each in families)
    assert axes.title.get_fontfamily() == ["sans-serif"]  # needs no other
    without_raw_warnings(axes.figure)


@pytest.mark.usefixtures("forgotten")
def test_letters_that_no_font_has_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_files", dict)
    fonts._families.cache_clear()
    axes = picture()
    (told,) = choose_fonts(axes.figure)
    assert str(told) == (
        "No installed font has the letters 价格积面: boxes stand for them; Noto fonts have most."
    )
    assert choose_fonts(picture().figure) == []
    without_raw_warnings(axes.figure)
    fonts._families.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("letter", "told"),
    [
        ("\u0378", "\u0378"),
        ("\U0003fffd", "\U0003fffd"),
        ("\t", r"\t"),
        ("\x85", r"\x85"),
        ("\u2066", ""),
    ],
    ids=["unassigned", "last of a plane", "tab", "control", "format"],
)
def test_what_python_calls_unprintable_gives_no_raw_warning_either(letter: str, told: str) -> None:
    for again in (False, True):
        figure = Figure()
        axes = figure.add_subplot()
        axes.set_yticks([0.0], labels=[f"a{letter}b"])
        with warnings.catch_warnings():  # as a program may that saves a picture
            facts = [str(each) for each in choose_fonts(figure)]
            figure.savefig(io.BytesIO(), format="png")
        named = [
            f"No installed font has the letters {told}: boxes stand for them; Noto fonts have most."
        ]
        assert facts == (named if told and not again else [])


@pytest.mark.usefixtures("forgotten")
def test_the_method_of_a_user_warns_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_files", dict)
    fonts._families.cache_clear()
    import pandas as pd

    fit = steepest.fit(pd.DataFrame(ROWS), target="价格")
    with pytest.warns(UserWarning, match=r"^No installed font has the letters 价格积面: boxes"):
        fit.plot("line")
    fonts._families.cache_clear()


def test_a_font_installed_after_the_list_was_made_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = fonts._files()["DejaVu Serif"]
    # A file may stand in the list under several names.
    known = [
        entry
        for entry in font_manager.fontManager.ttflist
        if entry.name != "DejaVu Serif" and str(entry.fname) != str(lost)
    ]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", known)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(lost)])
    fonts._files.cache_clear()
    assert "DejaVu Serif" in fonts._files()
    fonts._files.cache_clear()
