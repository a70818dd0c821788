"""Parts that the files of all fits have: epochs, notes, moments, a sample of rows."""

import numpy as np

from steepest.errors import StorageError
from steepest.models.file_schema import FileData
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample
from steepest.problems.coordinates import LARGE
from steepest.storage.array_checks import Arrays, floats, numbers
from steepest.storage.container import parts_of
from steepest.tables.column_encoding import Encoding
from steepest.wording.fact import Fact, facts_saying


def epochs_of(data: FileData) -> int:
    epochs = data["epochs"]
    if isinstance(epochs, str) and not (
        epochs.isascii() and epochs.isdigit() and len(epochs) < 310
    ):
        raise StorageError("field epochs is damaged: expected a whole number")
    return int(epochs)


def facts_of(data: FileData) -> tuple[Fact, ...]:
    """The notes; of files without facts their sentences."""
    return facts_saying(data["notes"], data.get("facts", []))


def moments_of(arrays: Arrays, data: FileData, encoding: Encoding) -> CentredMoments | None:
    """Moments of the columns that the encoding has."""
    if "moments" not in data:
        return None
    moments = CentredMoments.restore(parts_of(arrays, "moments"), data["moments"], "moments")
    if moments.names != (*encoding.names, encoding.target or ""):
        raise StorageError("field moments.names is damaged: expected the columns of the encoding")
    return moments


def sample_of(parts: Arrays, columns: int) -> Sample | None:
    if not parts:
        return None
    target = floats(parts, "target", (-1,), below=LARGE)
    shape = target.shape
    return Sample(
        # Files of a former kind have none.
        numbers(parts, "rows", shape, np.int64) if "rows" in parts else np.arange(len(target)),
        floats(parts, "features", (*shape, columns), below=LARGE),
        target,
        floats(parts, "weights", shape, below=LARGE) if "weights" in parts else None,
    )
