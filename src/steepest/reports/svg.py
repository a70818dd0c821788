"""A matplotlib figure as an SVG element that takes the page's colours and font."""

import re
import warnings
from collections.abc import Mapping
from io import StringIO
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from steepest.pictures.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PAPER
from steepest.reports.html import Html

_COLOURS = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    BLUE: "blue",
    ORANGE: "orange",
    GREEN: "green",
}
_DOTS = 200  # an inch, of what is drawn as an image: surfaces
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def to_svg(figure: Figure, name: str, description: str, *, tight: bool = False) -> Html:
    """The figure, ready to stand in a page: no script, no style sheet, no address of anything.

    `name` begins all of its ids, which must differ from those of other pictures in the page.
    `tight` cuts off the margins.
    """
    root = ElementTree.fromstring(_render(figure, name, tight))
    for child in [child for child in root if _local(child.tag) in ("metadata", "style")]:
        root.remove(child)
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child.tag) == "style"]:
            parent.remove(child)
    used = _references(root)
    names = {old: f"{name}-{number}" for number, old in enumerate(sorted(used))}
    for element in root.iter():
        element.tag = _local(element.tag)
        _rewrite(element, names)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    root.attrib.pop("height")
    root.attrib.pop("version", None)
    root.set("style", f"max-width: {width * 4 / 3:.0f}px")
    root.set("role", "img")
    root.set("aria-label", description)
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _render(figure: Figure, name: str, tight: bool) -> str:
    out = StringIO()
    with (
        warnings.catch_warnings(),
        rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "path.simplify": True}),
    ):
        # The page's own font draws what matplotlib's lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        nothing = {"Date": None, "Creator": None}
        if tight:
            figure.savefig(out, format="svg", metadata=nothing, dpi=_DOTS, bbox_inches="tight")
        else:  # the layout is made as it is drawn: `savefig` would draw twice, to the same bytes
            figure.set_dpi(_DOTS)
            canvas: Any = FigureCanvasSVG(figure)
            canvas.print_svg(out, metadata=nothing)
    return out.getvalue()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _references(root: ElementTree.Element) -> set[str]:
    """The ids that something in the picture refers to."""
    used = set()
    for element in root.iter():
        used.update(_REFERENCE.findall(element.get("clip-path", "")))
        if element.get(_LINK, "").startswith("#"):
            used.add(element.attrib[_LINK].removeprefix("#"))
    return used


def _rewrite(element: ElementTree.Element, names: Mapping[str, str]) -> None:
    attributes = element.attrib
    link = attributes.pop(_LINK, None)
    if link is not None:
        # What is no reference is an image in the page itself.
        inside = link.startswith("#")
        assert inside or link.startswith("data:image/png;base64,")
        attributes["href"] = "#" + names[link.removeprefix("#")] if inside else link
    if "id" in attributes:
        old = attributes.pop("id")
        if old in names:
            attributes["id"] = names[old]
    if "clip-path" in attributes:
        attributes["clip-path"] = _REFERENCE.sub(
            lambda match: f"url(#{names[match[1]]})", attributes["clip-path"]
        )
    if "style" in attributes:
        attributes["style"] = _themed(attributes["style"])


def _themed(style: str) -> str:
    for colour, word in _COLOURS.items():
        style = style.replace(colour, f"var(--{word})")
    return style
