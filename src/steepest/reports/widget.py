"""A result in a notebook: the page's module as a widget, where anywidget is installed."""

import base64
import contextlib
import json
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from typing import Any

import numpy as np

from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures import catalogue
from steepest.reports.module import module, words
from steepest.reports.sheet import sheet_of, to_json
from steepest.wording.fact import phrase

VIEW = "application/vnd.jupyter.widget-view+json"


def bundle_of(result: Any, state: str = "") -> dict[str, Any]:
    """What a notebook shows of a result: the widget, and for where that cannot be a table and a
    picture.

    - `state`: of the page; without one the sheet of the result is shown

    Outside of notebooks, as in IPython's terminal, nothing is made.
    """
    if not _is_notebook():
        return {}
    shown: dict[str, Any] = {}
    table = getattr(result, "_repr_html_", None)
    if table is not None:
        shown["text/html"] = table() + _picture(result)
    if find_spec("anywidget") is not None:
        with contextlib.suppress(InputError):  # nothing to show, as of a loop that has not begun
            shown[VIEW] = _widget(result, state)
    return shown


def _is_notebook() -> bool:
    try:
        from IPython import get_ipython  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def _widget(result: Any, state: str) -> dict[str, Any]:
    sheet = {} if state else json.loads(to_json(sheet_of(result)))
    begun = [state or sheet.get("state", ""), *(f"language={language}" for language in words())]
    made = _class()(sheet=sheet, state="&".join(filter(None, begun)), words=words())
    bundle = made._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    view: dict[str, Any] = data[VIEW]
    return view


@cache
def _class() -> Any:
    import anywidget
    import traitlets

    class Widget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        """The page's module with its data."""

        _esm = module()
        sheet = traitlets.Dict().tag(sync=True)
        state = traitlets.Unicode().tag(sync=True)
        words = traitlets.Dict().tag(sync=True)
        room = traitlets.Bool(False).tag(sync=True)

    return Widget


def _picture(result: Any) -> str:
    """The usual picture, in a page; "" where there is none."""
    try:
        axes = _usual_picture(result)
    except InputError:
        return ""
    file = BytesIO()
    np.ravel(axes)[0].get_figure(root=True).savefig(file, format="png", dpi=100)
    text = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{phrase("objective")}" src="data:image/png;base64,{text}">'


def _usual_picture(result: Any) -> Any:
    if isinstance(result, SeveralPaths):
        return catalogue.draw_study(result)
    if isinstance(result, FitData):
        return catalogue.draw_fit(result, "objective", None, None, "auto")
    if isinstance(result, DescentPath) and result.unit != "step":
        return catalogue.draw_path(result)
    return catalogue.draw_path(getattr(result, "path", result), "objective")
