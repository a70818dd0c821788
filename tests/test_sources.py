"""One table through every door gives one path."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest

DOORS = ["list", "array", "float32", "fortran", "csv", "tsv", "parquet", "jsonl", "sql"]
DOORS += ["pandas", "polars", "pyarrow", "polars lazy", "duckdb", "ibis"]


@pytest.fixture(scope="module")
def rows() -> Any:
    generator = np.random.default_rng(4)
    features = generator.standard_normal((300, 3)) * [1.0, 8.0, 1.0] + [0.0, 1024.0, 0.0]
    features = features.astype(np.float32).astype(np.float64)
    target = features @ [1.5, -0.25, 3.0] + generator.standard_normal(300)
    return features, target.astype(np.float32).astype(np.float64)


def open_door(door: str, features: np.ndarray, target: np.ndarray, folder: Path) -> Any:
    """The source and target arguments of `fit` for the same rows."""
    import duckdb
    import polars

    names = ["a", "b", "c", "y"]
    frame = polars.DataFrame(np.column_stack([features, target]), schema=names)
    if door == "list":
        return features.tolist(), target.tolist()
    if door in ("array", "float32", "fortran"):
        shaped = {"float32": np.float32(features), "fortran": np.asfortranarray(features)}
        return shaped.get(door, features), target
    if door == "csv":
        frame.write_csv(folder / "rows.csv")
    if door == "tsv":
        frame.write_csv(folder / "rows.tsv", separator="\t")
    if door == "jsonl":
        frame.write_ndjson(folder / "rows.jsonl")
    if door in ("csv", "tsv", "jsonl"):
        return str(folder / f"rows.{door}"), "y"
    if door in ("parquet", "sql"):
        for part in range(3):
            frame[part * 100 : part * 100 + 100].write_parquet(folder / f"rows{part}.parquet")
        pattern = f"{folder}/rows*.parquet"
        return (f"select * from '{pattern}'" if door == "sql" else pattern), "y"
    if door == "duckdb":
        return duckdb.sql("select * from frame"), "y"
    if door == "ibis":
        import ibis

        return ibis.memtable(frame), "y"
    shapes = {"pandas": frame.to_pandas, "pyarrow": frame.to_arrow, "polars lazy": frame.lazy}
    return shapes.get(door, lambda: frame)(), "y"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("standardize", [True, False])
def test_the_same_path_from_every_source(
    door: str, standardize: bool, rows: Any, tmp_path: Path
) -> None:
    if door == "ibis":
        pytest.importorskip("ibis", reason="Ibis is installed with the engines extra")
    features, target = rows
    lr = 0.1 if standardize else 1e-7
    expected = steepest.fit(features, target, lr=lr, standardize=standardize, epochs=1000)
    source, name = open_door(door, features, target, tmp_path)
    found = steepest.fit(source, name, lr=lr, standardize=standardize, epochs=1000)
    for k in (0, 1, 10, 1000, 10**9):
        ours, theirs = expected.path.at(k), found.path.at(k)
        np.testing.assert_allclose(theirs.parameters, ours.parameters, rtol=1e-10)
        assert theirs.objective == pytest.approx(ours.objective, rel=1e-10)
        # A gradient that has all but vanished is compared with what it was at the start.
        scale = np.abs(expected.path.at(0).gradient).max()
        np.testing.assert_allclose(theirs.gradient, ours.gradient, rtol=1e-10, atol=1e-12 * scale)
    errors = []
    for fit in (steepest.fit(features, target), steepest.fit(source, name)):
        assert fit.inference is not None
        errors.append([i.standard_error for i in fit.inference.intervals.values()])
    np.testing.assert_allclose(errors[1], errors[0], rtol=1e-9)


def test_predictions_are_the_same_from_every_source(rows: Any, tmp_path: Path) -> None:
    features, target = rows
    fit = steepest.fit(*open_door("polars", features, target, tmp_path))
    expected = features @ list(fit.coefficients.values()) + fit.intercept
    for door in ("csv", "parquet", "pandas", "polars", "pyarrow"):
        source, _ = open_door(door, features, target, tmp_path)
        np.testing.assert_allclose(fit.predict(source), expected, rtol=1e-12)
    np.testing.assert_allclose(fit.predict(features), expected, rtol=1e-12)
    lazy, _ = open_door("polars lazy", features, target, tmp_path)
    found = fit.predict(lazy).collect()["prediction"].to_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
