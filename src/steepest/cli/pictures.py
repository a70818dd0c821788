"""Files by their endings: refused before the long work, pictures written after it."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from steepest.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = (".png", ".svg", ".pdf")
_DOTS = 150  # an inch


def check_ending(option: str, file: str | None, endings: Sequence[str]) -> None:
    """Raise InputError where the name of a file says that it would be of another format."""
    from steepest.storage.atomic_write import shown

    if file is not None and Path(file).suffix.lower() not in endings:
        *others, last = endings
        known = f"{', '.join(others)} or {last}" if others else last
        raise InputError(f"{option} writes a file that ends in {known}; {shown(file)} does not.")


def save_picture(axes: "Axes", file: str) -> None:
    """Write the figure of these axes, in the format of the name's ending, whole or not at all."""
    from matplotlib.figure import Figure

    from steepest.storage.atomic_write import write_bytes

    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    kind = Path(file).suffix.lower().removeprefix(".")
    # A date in it would make every file a new one.
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    written = BytesIO()
    figure.savefig(written, format=kind, dpi=_DOTS, metadata=undated)
    write_bytes(file, [written.getvalue()])
