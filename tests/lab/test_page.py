"""The page: whole by itself, asks nobody for anything, and lets no text become a script."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

import steepest
from steepest.cli.main import main
from steepest.lab.page import page

PAGE = Path(steepest.__file__).parent / "lab" / "page"


class Parts(HTMLParser):
    """The elements of a page with their attributes, and the text of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and (last := self.elements[-1][0]) in self.texts:
            self.texts[last].append(data)


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def scripts(html: str) -> list[str | None]:
    return [attributes.get("type") for tag, attributes in Parts(html).elements if tag == "script"]


@pytest.mark.parametrize("served", (False, True))
def test_the_policy_lets_only_the_module_run(served: bool) -> None:
    html, policy = page(served=served)
    script = re.search(r'<script type="module">(.*)</script>', html, re.DOTALL)
    assert script is not None
    assert f"script-src '{digest(script[1])}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert f"connect-src {chr(39)}{'self' if served else 'none'}{chr(39)}" in policy
    # The other script is data: it has a type that no browser runs.
    assert scripts(html) == ["application/json", "module"]


def test_the_page_names_no_other_host() -> None:
    html, _ = page()
    addresses = set(re.findall(r"(?:https?|wss?)://[^\"'`\s)<$]*", html))
    # Names of XML's languages, which nothing is asked for, and the page's own server.
    assert addresses <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "ws://",
    }
    for _, attributes in Parts(html).elements:
        assert not {"src", "href", "srcset"} & set(attributes)


@pytest.mark.parametrize(
    "text", ('"><script>alert(1)</script>', "</script><img src=x onerror=alert(1)>")
)
def test_a_state_is_only_text(text: str) -> None:
    html, _ = page(urlencode({"formula": text}) + text)
    elements = Parts(html).elements
    assert "img" not in [tag for tag, _ in elements]
    assert scripts(html) == ["application/json", "module"]
    place = next(
        attributes for _, attributes in elements if attributes.get("id") == "steepest-page"
    )
    assert place["data-state"] == urlencode({"formula": text}) + text


def test_the_bundle_is_small() -> None:
    assert len((PAGE / "steepest.js").read_bytes()) < 300_000
    assert len(page()[0].encode()) < 1_200_000


def test_the_page_is_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lab.html"
    with pytest.raises(SystemExit) as end, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["steepest", "lab", "x^2 + y^2", "--save", str(file)])
        main()
    assert end.value.code == 0
    assert 'data-state="formula=x%5E2+%2B+y%5E2"' in file.read_text(encoding="utf-8")
    assert str(file) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "named", "more", "opens"),
    (
        ("linux", {"DISPLAY": ":0"}, [], True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, [], True),
        ("linux", {}, [], False),
        ("darwin", {}, [], True),
        ("win32", {}, [], True),
        ("win32", {}, ["--no-browser"], False),
    ),
)
def test_the_browser_is_opened_where_there_is_a_screen(
    platform: str,
    named: dict[str, str],
    more: list[str],
    opens: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("steepest.lab.server.serve", lambda port, state, ready: ready("address"))
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("steepest.cli.lab.sys", SimpleNamespace(platform=platform))
    monkeypatch.setattr("sys.argv", ["steepest", "lab", *more])
    with pytest.raises(SystemExit):
        main()
    assert opened == ["address"] * opens


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (["x^2 +"], "formula, column 6"),
        (["--save", "page.txt"], "--save writes a file that ends in .html"),
        (["--port", "70000"], "70000"),
    ),
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["steepest", "lab", *arguments])
        main()
    assert end.value.code == 2
    assert said in capsys.readouterr().err
