"""What every picture has: a caption, and a reason where there is none to draw."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, final

from steepest.errors import InputError, check_known
from steepest.pictures.style import Axes, caption
from steepest.translation import gathered, translated
from steepest.wording.fact import Fact, text_of


@final
class LeftOut(InputError):
    """A picture that cannot be drawn, since the fact `reason` holds."""

    def __init__(self, reason: Fact) -> None:
        self.reason = reason
        super().__init__(str(reason))


class Noted(Protocol):
    """The data of a picture that has a caption."""

    @property
    def notes(self) -> tuple[Fact, ...]: ...


V = TypeVar("V", bound=Noted)


def notes_of(views: Sequence[Noted]) -> tuple[Fact, ...]:
    """What is said below several pictures, each fact once."""
    notes: list[Fact] = []
    for view in views:
        notes += [note for note in view.notes if note not in notes]
    return tuple(notes)


def with_caption(
    plot: Callable[[V, Axes | None], Axes], view: V, ax: Axes | None, *first: Fact
) -> Axes:
    """The axes of a picture; on a figure made for it, its caption stands below: the `first` facts,
    and those of the view.
    """
    axes = plot(view, ax)
    if ax is None:
        caption(axes, text_of((*first, *view.notes)))
    return axes


# What is chosen by a name.
_CHOSEN = gathered(("film", "film of several runs", "picture", "picture of a study", "scale"))


def checked(name: str, known: Sequence[str], what: str) -> str:
    """The name, if it is known; else InputError with the nearest that is. `what`: of `_CHOSEN`."""
    assert what in _CHOSEN
    check_known(
        name, known, "there is no {what} {name!r}; choose one of {known}.", what=translated(what)
    )
    return name
