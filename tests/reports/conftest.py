"""Reports as a browser reads them: their elements, their texts and the cells of their tables."""

from html.parser import HTMLParser

import pytest


class Page(HTMLParser):
    """Collects elements, attributes, texts, and the cells of tables by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            return  # is not shown
        self.texts.append(data)
        if self._in_cell:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        """All texts, one after the other."""
        return " ".join(self.texts)

    def after(self, text: str, count: int) -> list[str]:
        """So many texts that follow one."""
        place = self.texts.index(text) + 1
        return self.texts[place : place + count]


@pytest.fixture
def parsed() -> type[Page]:
    """What reads a page."""
    return Page
