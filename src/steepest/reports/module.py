"""The browser module that draws pages, its sentences, and what a policy says of its script."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

import msgspec

from steepest.translation import spoken


@cache
def module() -> str:
    """The bundle of frontend/. No part of it may end the script element early."""
    text = files("steepest").joinpath("lab", "page", "steepest.js").read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def catalogue(language: str) -> dict[str, str]:
    """The module's sentences in a language, by their English ones."""
    text = files("steepest").joinpath("lab", "page", f"{language}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def words() -> dict[str, dict[str, str]]:
    """The module's sentences in the language spoken, by its name; English needs none."""
    language = spoken()
    return {} if language == "en" else {language: catalogue(language)}


def digest(text: str) -> str:
    """What a policy calls a script or a style by."""
    made = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(made).decode('ascii')}"
