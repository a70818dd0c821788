"""`steepest.load`: what a `.steepest` file holds, whatever wrote it."""

from pathlib import Path

from steepest.errors import StorageError
from steepest.models.model_file_reader import load_fit
from steepest.path.run_file import RUN
from steepest.results.fit import Fit
from steepest.results.run import Run
from steepest.storage.container import container_kind


def load(path: str | Path) -> Fit | Run:
    """Read what `save` of a fit or a run wrote: either, by the kind of the file.

    Raises StorageError for a file that is truncated, damaged, of another kind or of a newer
    version.

    >>> import steepest, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "line.steepest"
    >>> steepest.fit([1, 2, 3], [2, 4, 6.5]).save(file)
    >>> round(steepest.load(file).coefficients["x"], 6)
    2.25
    """
    kind = container_kind(path)
    if kind == "moments":
        raise StorageError(
            "{path} holds moments, neither a fit nor a run: Moments.load reads it", path=path
        )
    return Run.load(path) if kind == RUN else Fit.of(load_fit(path))
