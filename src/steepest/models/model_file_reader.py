"""Reading a model file: the fit that `model_file_writer` wrote, also of former versions."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from steepest.models.file_schema import FIT, RecordedData, TrianglesData
from steepest.models.fit_data import FitData
from steepest.models.recorded_fit_reader import recorded_fit
from steepest.models.reduced_fit_reader import reduced_fit
from steepest.models.regularization import RegularizationPath
from steepest.storage.array_checks import Arrays
from steepest.storage.container import container_kind, parts_of, read_container
from steepest.storage.schema import checked, restoring

# Before, fits of least squares and all others had files of their own kinds.
_FORMER = ("model", "linear model")


def load_fit(file: str | Path) -> FitData:
    """Read the fit that `save` wrote.

    Raises StorageError for a file that is truncated, damaged, of another kind or of a newer
    version.
    """
    kind = container_kind(file)
    arrays, description = read_container(file, kind=kind if kind in _FORMER else FIT)
    with restoring(file, "model"):
        return _restore(arrays, description)


def _restore(arrays: Arrays, description: Mapping[str, Any]) -> FitData:
    data: TrianglesData | RecordedData
    if "factors" in description:
        data = checked(description, TrianglesData)
        fit = reduced_fit(arrays, data)
    else:
        data = checked(description, RecordedData)
        fit = recorded_fit(arrays, data)
    if "regularization" not in data:
        return fit
    parts = parts_of(arrays, "regularization")
    path = RegularizationPath.restore(parts, data["regularization"], fit.names)
    return replace(fit, regularization=path)
