"""Where a picture is drawn that was given no axes: on pyplot's figure, or on one of its own.

A picture that a user asks for belongs to pyplot, as those of pandas and scikit-learn do: a notebook
shows it, and so does `plt.show()`. Those of files and reports do not: no window opens, and nothing
is kept when they are written.
"""

import threading
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from steepest.pictures.fonts import choose_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

_shown: ContextVar[bool] = ContextVar("shown", default=False)


def new_figure(size: tuple[float, float], **options: Any) -> "Figure":
    """A figure of so many inches. For users it is pyplot's current one while that is empty."""
    if not _is_pyplots():
        from matplotlib.figure import Figure

        return Figure(figsize=size, **options)
    from matplotlib import pyplot

    if pyplot.get_fignums() and not pyplot.gcf().axes:
        figure = pyplot.gcf()
        figure.set(**{name: value for name, value in options.items() if name == "facecolor"})
        figure.set_layout_engine(options.get("layout"))
        return figure
    return pyplot.figure(figsize=size, **options)


def current_axes() -> Any:
    """The axes that a user has made with pyplot and not drawn on yet; None where there are none."""
    if not _is_pyplots():
        return None
    from matplotlib import pyplot

    if not pyplot.get_fignums() or not pyplot.gcf().axes:
        return None
    axes = pyplot.gca()
    used = axes.has_data() or axes.get_title() or axes.texts or axes.images
    return None if used or axes.name != "rectilinear" else axes


def _is_pyplots() -> bool:
    """Whether a picture is pyplot's, whose current figure is one for all threads."""
    return _shown.get() and threading.current_thread() is threading.main_thread()


def shows(draw: Callable[P, R]) -> Callable[P, R]:
    """The method of a user, which returns axes; figures that it makes are pyplot's."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _shown.set(True)
        try:
            made = draw(*args, **kwargs)
            panels: Any = made
            for told in choose_fonts(np.ravel(panels)[0].get_figure(root=True)):
                warnings.warn(str(told), stacklevel=2)
            return made
        finally:
            _shown.reset(token)

    return drawn
