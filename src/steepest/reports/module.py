"""The browser module that draws pages, and what a page's policy says of its script."""

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def module() -> str:
    """The bundle of frontend/. No part of it may end the script element early."""
    text = files("steepest").joinpath("lab", "page", "steepest.js").read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def digest(text: str) -> str:
    """What a policy calls a script or a style by."""
    made = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(made).decode('ascii')}"
