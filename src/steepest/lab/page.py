"""The page: one HTML file that holds the browser module and asks no other host for anything."""

import msgspec

from steepest.lessons.lesson import lessons
from steepest.reports.html import Html, tag
from steepest.reports.module import catalogue, digest, module
from steepest.translation import LANGUAGES

_STYLE = "body{margin:0}"


def page(state: str = "", served: bool = False, live: bool = False) -> tuple[str, str]:
    """The page as HTML, and its content security policy.

    - `state`: what the page begins with, as it stands after the # of its address
    - `served`: whether a server is behind it; else the page is whole by itself
    - `live`: whether that has a run to follow

    No script runs but the module itself, which the policy names by its hash.
    """
    script = module()
    source = "'self'" if served else "'none'"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{digest(script)}'",
            f"style-src '{digest(_STYLE)}'",
            "img-src data: blob:",
            f"connect-src {source}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", "steepest"),
        Html(f"<style>{_STYLE}</style>"),
    )
    marks = {"data_served": served, "data_live": live}
    place = {"id": "steepest-page", "data_state": state}
    place |= {name: "" for name, holds in marks.items() if holds}
    data = Html(f'<script type="application/json" id="steepest-data">{_data()}</script>')
    body = tag("body", tag("div", **place), data, Html(f'<script type="module">{script}</script>'))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n{body}\n</html>\n', policy


def _data() -> str:
    """The lessons, and the page's sentences in other languages: JSON that can end no element."""
    words = {language: catalogue(language) for language in LANGUAGES if language != "en"}
    text = msgspec.json.encode({"lessons": lessons(), "words": words}).decode("utf-8")
    return text.replace("<", "\\u003c")
