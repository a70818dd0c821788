"""Reports as a browser reads them: their elements, their texts, the cells of their tables, and the
numbers of their pictures.
"""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

PAGE = "html head meta title style script body main h1 h2 h3 p b span div section ul li"
TEXTS = "a dl dt dd footer pre code"
TABLES = "table colgroup thead tbody tr th td"
PICTURES = "figure figcaption"
MATHS = "math mrow mi mn mo msup msub mfrac msqrt mtable mtr mtd mtext"
ALLOWED = set(f"{PAGE} {TEXTS} {TABLES} {PICTURES} {MATHS}".split())


class Page(HTMLParser):
    """Collects elements, attributes, texts, and the cells of tables by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.page = text
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

    @property
    def scripts(self) -> tuple[str, str]:
        """The numbers of the pictures, and the module: there is no other script."""
        pattern = r"<script type=\"([a-z/]+)\"[^>]*>(.*?)</script>"
        found = re.findall(pattern, self.page, re.DOTALL)
        assert [kind for kind, _ in found] == ["application/json", "module"]
        assert self.page.count("<script") - found[1][1].count("<script") == 2
        return found[0][1], found[1][1]

    @property
    def charts(self) -> dict[str, Any]:
        """The pictures by name."""
        return {chart["name"]: chart for chart in json.loads(self.scripts[0])}

    def asks_for_nothing(self) -> None:
        """Known elements only, no address of anything, and the policy names the one script."""
        assert {tag for tag, _ in self.elements} <= ALLOWED
        for _, attributes in self.elements:
            assert not [name for name in attributes if name.startswith("on")]
            assert not {"src", "style"} & set(attributes)
            assert (attributes.get("href") or "#")[0] == "#"  # leads to a place of the page itself
        data, script = self.scripts
        made = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
            f"script-src 'sha256-{made}'"
        )
        wanted = {"http-equiv": "Content-Security-Policy", "content": policy}
        assert ("meta", wanted) in self.elements
        own = self.page.replace(script, "").replace(data, "")
        assert "://" not in own and "url(" not in own and "@import" not in own

    def has_its_pictures(self) -> None:
        """Every place has its numbers, and words that stand in it without scripts."""
        places = [a for _, a in self.elements if "data-draw" in a]
        drawn = {name for name, chart in self.charts.items() if chart.get("series")}
        assert {a["data-of"] for a in places} == drawn
        assert self.page.count("A picture that the page&#x27;s script draws.") == len(places)
        for chart in self.charts.values():
            assert chart.get("series") or chart["note"]

    def after(self, text: str, count: int) -> list[str]:
        """So many texts that follow one."""
        place = self.texts.index(text) + 1
        return self.texts[place : place + count]


@pytest.fixture
def parsed() -> type[Page]:
    """What reads a page."""
    return Page
