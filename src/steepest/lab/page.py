"""The page: one HTML file that holds the browser module and asks no other host for anything."""

import base64
import hashlib
from importlib.resources import files

from steepest.reports.html import Html, tag

_STYLE = "body{margin:0}"


def page(state: str = "", served: bool = False, live: bool = False) -> tuple[str, str]:
    """The page as HTML, and its content security policy.

    - `state`: what the page begins with, as it stands after the # of its address
    - `served`: whether a server is behind it; else the page is whole by itself
    - `live`: whether that has a run to follow

    No script runs but the module itself, which the policy names by its hash.
    """
    script = _module()
    source = "'self'" if served else "'none'"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(_STYLE)}'",
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
    body = tag("body", tag("div", **place), Html(f'<script type="module">{script}</script>'))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n{body}\n</html>\n', policy


def _module() -> str:
    """The bundle of frontend/. No part of it may end the script element early."""
    text = files("steepest.lab").joinpath("page", "steepest.js").read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
