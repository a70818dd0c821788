"""HTML that cannot be forgotten to be escaped: every text is, unless it is `Html` already."""

from collections.abc import Iterable
from html import escape
from typing import final


@final
class Html(str):
    """A text that is HTML, and stays as it is."""

    __slots__ = ()


Child = str | Iterable[str]


def tag(name: str, *children: Child, **attributes: str) -> Html:
    """An element. A trailing underscore of an attribute is dropped, so that `class_` can be given.

    >>> tag("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    >>> tag("p", tag("b", "&"))
    '<p><b>&amp;</b></p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items()
    )
    return Html(f"<{name}{given}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Children one after the other, each escaped unless it is HTML."""
    parts = (text(child) if isinstance(child, str) else join(child) for child in children)
    return Html("".join(parts))


def text(value: str) -> str:
    """A text as HTML. Characters that control the document or its direction become blanks."""
    if isinstance(value, Html):
        return value
    return escape("".join(letter if _allowed(letter) else " " for letter in value))


def note(sentences: str) -> list[Html]:
    """A small paragraph; none where there is nothing to say."""
    return [tag("p", sentences, class_="note")] if sentences else []


def filled(text: str, inner: Html) -> Html:
    """The text, with an element where its braces are.

    >>> filled("Descent on {}, twice", tag("b", "x"))
    'Descent on <b>x</b>, twice'
    """
    before, _, after = text.partition("{}")
    return join([before, inner, after])


def section(heading: str, *children: Child) -> Html:
    """A part of a page under its heading, as wide as the page."""
    return tag("section", tag("h2", heading), *children, class_="long")


def words(sentences: str) -> Html:
    """A cell of a table that holds sentences, and is wide."""
    return tag("span", sentences, class_="words")


def table(head: Iterable[Child], rows: Iterable[Html], **attributes: str) -> Html:
    """A table of rows made by `row`."""
    cells = [tag("td") if cell == "" else tag("th", cell, scope="col") for cell in head]
    top = tag("thead", tag("tr", cells))
    return tag(
        "div", tag("table", top, tag("tbody", rows), **attributes), class_="scroll", tabindex="0"
    )


def row(first: Child, rest: Iterable[Child], **attributes: str) -> Html:
    """A row of a table; its first cell is its heading, unless it is empty."""
    head = tag("th", first, scope="row") if first else tag("td")
    return tag("tr", head, [tag("td", cell) for cell in rest], **attributes)


def _allowed(letter: str) -> bool:
    control = letter < " " or "\x7f" <= letter <= "\x9f"
    turns = "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
    return letter in "\t\n" or not (control or turns)
