"""Fonts for names in any script: of those that are installed, one that has the letters."""

import warnings
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any
from unicodedata import category

from steepest.wording.fact import Fact, fact

# Matplotlib's own font that draws a letter as a sign of its script, in a box, without a warning.
_BOXES = "LastResort"
_told = set[str]()


def choose_fonts(figure: Any) -> list[Fact]:
    """Give each text of a figure fonts that have all of its letters.

    Where none that is installed has a letter, a box is drawn; that is told, of each letter once.
    """
    from matplotlib.text import Text

    boxes = set[str]()
    for text in figure.findobj(Text):
        if text.get_text().isascii() and text.get_text().isprintable():
            continue
        own = tuple(text.get_fontfamily())
        missing = _missing(text.get_text(), own)
        if missing:
            families, without = _families("".join(sorted(missing)))
            text.set_fontfamily([*own, *families])
            boxes |= without
    # Format characters, as marks of direction, are not drawn.
    new = sorted(each for each in boxes - _told if category(each) != "Cf")
    _told.update(new)
    if boxes:  # matplotlib would say it of each letter, each time
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
    return [fact("letters without a font", letters=new)] if new else []


def _missing(letters: Iterable[str], families: Iterable[str]) -> frozenset[str]:
    """The letters that no font of these families has: those too that Python calls unprintable, as
    an emoji newer than its tables, a private letter or a tab, which matplotlib draws as others.
    """
    from matplotlib import font_manager

    known = frozenset[str]()
    for family in families:
        properties = font_manager.FontProperties(family=[family])
        known |= _letters(font_manager.findfont(properties))
    return frozenset(letters) - known - {"\n"}


@cache
def _families(missing: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The families that have these letters, with one that draws boxes, and the letters that none
    has.
    """
    from matplotlib import font_manager

    letters, families, files = frozenset(missing), list[str](), _files()
    # One that has them all, and no fancy one.
    ranked = sorted(files, key=lambda name: (-len(letters & _letters(files[name])), _fancy(name)))
    for name in ranked:
        if letters & _letters(files[name]):
            families.append(name)
            letters -= _letters(files[name])
    entries = font_manager.fontManager.ttflist
    boxes = [entry.name for entry in entries if _BOXES in str(entry.fname)][:1]
    return (*families, *(boxes if letters else [])), letters


def _fancy(name: str) -> tuple[bool, bool, str]:
    return "Sans" not in name, "Mono" in name, name


@cache
def _files() -> dict[str, Any]:
    """The file of each family's upright font, those included that were installed after matplotlib
    made its list.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    known = {str(entry.fname) for entry in manager.ttflist}
    for file in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(OSError, RuntimeError, ValueError):
            manager.addfont(file)
    upright = [entry for entry in manager.ttflist if entry.style == "normal"]
    plain = [entry for entry in upright if entry.weight in (400, "normal", "regular", "book")]
    return {entry.name: entry.fname for entry in plain if _BOXES not in str(entry.fname)}


@cache
def _letters(file: Any) -> frozenset[str]:
    """The letters of a font."""
    from matplotlib import font_manager

    with suppress(OSError, RuntimeError):  # it cannot be read
        return frozenset(map(chr, font_manager.get_font(file).get_charmap()))
    return frozenset()
