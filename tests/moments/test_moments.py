"""Moments: right, independent of how the rows came, and additive."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steepest.api.fit import fit
from steepest.api.read import read
from steepest.errors import InputError, StorageError
from steepest.moments import one_pass as gathering
from steepest.moments.block_products import Kernel, choose_kernel, compiled_products, tiled_products
from steepest.moments.moments import CentredMoments
from steepest.results.moments import Moments
from steepest.tables.blocks import Features


def rows(count: int = 500, columns: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((count, columns))
    return features, features.sum(axis=1) + rng.standard_normal(count)


def centred(features: np.ndarray, target: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Centred products in the columns' own units, in extended precision."""
    table = np.column_stack([features, target]).astype(np.longdouble)
    w = np.ones(len(table)) if weights is None else weights.astype(np.longdouble)
    table = table - (w[:, None] * table).sum(axis=0) / w.sum()
    return (w[:, None] * table).T @ table


def products(moments: CentredMoments) -> np.ndarray:
    return moments.products / np.outer(moments.scale, moments.scale)


def agrees(moments: CentredMoments, expected: np.ndarray) -> bool:
    """Within the bound that the moments state."""
    bound = moments.uncertainty / np.outer(moments.scale, moments.scale)
    return bool((np.abs(products(moments) - expected) <= bound).all())


def bits(moments: CentredMoments) -> list[bytes]:
    arrays = [array.tobytes() for array in moments.arrays().values()]
    return [*arrays, repr((moments.rows, moments.weight, moments.roundings)).encode()]


def test_three_rows_by_hand() -> None:
    moments = Moments.of([1.0, 2.0, 3.0], [2.0, 4.0, 9.0])
    assert moments.names == ("x", "y")
    assert (moments.features, moments.target) == (("x",), "y")
    assert (moments.rows, moments.weight) == (3, 3.0)
    assert moments.means == {"x": 2.0, "y": 5.0}
    assert products(moments) == pytest.approx(np.array([[2.0, 7.0], [7.0, 26.0]]), rel=1e-15)
    assert moments.deviations["x"] == pytest.approx(np.sqrt(2 / 3), rel=1e-15)
    assert repr(moments) == "Moments(3 rows of x, y)"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_any_scale_and_offset(scale: float, offset: float, weighted: bool) -> None:
    features, target = rows()
    features = (features + offset) * scale
    weights = np.random.default_rng(1).uniform(0.1, 2.0, len(target)) if weighted else None
    moments = Moments.of(features, target, weights=weights)
    assert agrees(moments, centred(features, target, weights))
    assert np.abs(np.log2(moments.deviations["x1"] * moments.scale[0])) < 1.0


@pytest.mark.parametrize("kind", [np.float32, np.int8, np.int64, np.uint16, np.bool_])
def test_any_number_type_is_summed_in_float64(kind: type[np.generic]) -> None:
    rng = np.random.default_rng(2)
    features = rng.integers(0, 2 if kind is np.bool_ else 100, (300, 2)).astype(kind)
    target = rng.integers(0, 100, 300).astype(np.float32)
    moments = Moments.of(features, target)
    again = Moments.of(features.astype(np.float64), target.astype(np.float64))
    assert bits(moments) == bits(again)
    assert agrees(moments, centred(features.astype(float), target.astype(float), None))


def test_float32_far_from_zero_loses_nothing() -> None:
    """Float32 numbers near 1e7 have a spacing of 1; their moments are exact all the same."""
    rng = np.random.default_rng(3)
    features = (1e7 + rng.integers(0, 9, (1000, 1))).astype(np.float32)
    moments = Moments.of(features, rng.standard_normal(1000))
    expected = np.var(features.astype(np.float64)) * 1000
    assert products(moments)[0, 0] == pytest.approx(expected, rel=1e-14)


def test_shift_and_scale_are_exact() -> None:
    features, target = rows()
    features = features * [1e-9, 1.0, 1e9]
    moments = Moments.of(features, target)
    mantissas, _ = np.frexp(moments.scale)
    assert mantissas.tolist() == [0.5] * 4
    # A power of two in the data moves into the scale and changes no other bit.
    doubled = Moments.of(features * 2.0**40, target)
    assert doubled.products.tolist() == moments.products.tolist()
    assert doubled.scale[:3].tolist() == (moments.scale[:3] / 2.0**40).tolist()


def test_constant_columns_have_no_spread() -> None:
    features = np.column_stack([np.full(100, 0.1), np.arange(100.0)])
    moments = Moments.of(features, np.arange(100.0))
    assert moments.products[0].tolist() == [0.0, 0.0, 0.0]
    assert moments.means["x1"] == 0.1


def test_whole_is_split_with_weights() -> None:
    features, target = rows(400)
    repeats = np.random.default_rng(4).integers(0, 4, 400)
    weighted = Moments.of(features, target, weights=repeats.astype(float))
    repeated = Moments.of(np.repeat(features, repeats, axis=0), np.repeat(target, repeats))
    assert weighted.rows == np.count_nonzero(repeats)  # weight 0 says nothing
    assert weighted.weight == repeated.weight == repeats.sum()
    assert products(weighted) == pytest.approx(products(repeated), rel=1e-12)
    assert list(weighted.means.values()) == pytest.approx(list(repeated.means.values()), rel=1e-12)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks of 256 rows, so that small tables have many, and the compiled kernel is used."""
    monkeypatch.setattr(gathering, "MOST_BLOCK_ROWS", 256)
    yield


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_bits_from_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, weighted: bool
) -> None:
    features, target = rows(5000)
    weights = np.random.default_rng(5).uniform(0.0, 2.0, 5000) if weighted else None
    found = []
    for cores in (1, 2, 7):
        monkeypatch.setattr(gathering, "cores", lambda cores=cores: cores)
        found.append(bits(Moments.of(features, target, weights=weights)))
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("small_blocks")
def test_the_same_bits_from_any_layout() -> None:
    features, target = rows(3000)
    features, target = np.round(features, 2).astype(np.float32), target.astype(np.float32)
    wide = np.zeros((3000, 8), dtype=np.float32)
    wide[:, 1:7:2] = features
    forms = {
        "C order": (np.ascontiguousarray(features), target),
        "F order": (np.asfortranarray(features), target),
        "view of every second column": (wide[:, 1:7:2], target),
        "reversed twice": (features[::-1][::-1], target),
        "float64": (features.astype(np.float64), target.astype(np.float64)),
        "lists": (features.tolist(), target.tolist()),
    }
    found = {name: bits(Moments.of(*form)) for name, form in forms.items()}
    differing = [name for name, seen in found.items() if seen != found["C order"]]
    assert differing == []


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("validation", [None, 0.3])
def test_columns_that_lie_apart_give_the_same_bits(
    tmp_path: Path, validation: float | None
) -> None:
    features, target = rows(3000)
    names = [f"x{i}" for i in range(1, 4)]
    table = pa.table(dict(zip([*names, "y"], [*features.T.copy(), target], strict=True)))
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=700)
    apart = fit(tmp_path / "rows.parquet", "y", validation=validation)
    whole = fit(read(features, names=names), target, validation=validation)
    assert apart.moments is not None and whole.moments is not None
    assert bits(apart.moments) == bits(whole.moments)
    assert apart.coefficients == whole.coefficients


@pytest.mark.usefixtures("small_blocks")
def test_many_blocks_are_as_exact_as_they_say() -> None:
    features, target = rows(5000)
    features = features * [1.0, 1e6, 1e-6] + [0.0, 1e9, 0.0]
    moments = Moments.of(features, target)
    assert moments.rows == 5000
    assert moments.roundings > gathering.BLOCK_ROUNDINGS
    assert agrees(moments, centred(features, target, None))


@pytest.mark.usefixtures("small_blocks")
def test_a_first_block_that_is_far_from_the_others() -> None:
    """Shift and scale come from the first block, and are wrong for the rest."""
    features, target = rows(5000)
    features[:256] = features[:256] * 1e-6 + 1e6
    target[:256] = 5.0
    moments = Moments.of(features, target)
    assert agrees(moments, centred(features, target, None))


def kernels() -> list[Kernel]:
    return [tiled_products, compiled_products]


@pytest.mark.parametrize("order", ["C", "F", "apart"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("count", "columns"), [(1, 1), (255, 3), (257, 4), (3001, 13)])
def test_both_kernels_agree_with_numpy(
    count: int, columns: int, weighted: bool, kind: type, order: str
) -> None:
    rng = np.random.default_rng(6)
    features: np.ndarray = rng.standard_normal((count, columns)).astype(kind)
    handed: Features = np.asfortranarray(features) if order == "F" else features
    if order == "apart":
        handed = [column.copy() for column in features.T]
    target: np.ndarray = rng.standard_normal(count).astype(kind)
    weights = rng.uniform(0.0, 2.0, count) if weighted else np.empty(0)
    shift = rng.standard_normal(columns + 1)
    scale = np.exp2(rng.integers(-3, 3, columns + 1).astype(np.float64))
    z = (np.column_stack([features, target]).astype(np.float64) - shift) * scale
    w = weights if weighted else np.ones(count)
    size = np.sqrt((w[:, None] * z**2).sum(axis=0))
    for kernel in kernels():
        sums, found = kernel(handed, target, weights, shift, scale)
        assert sums == pytest.approx(w @ z, rel=1e-12, abs=1e-12 * count)
        expected = (w[:, None] * z).T @ z
        assert (np.abs(found - expected) <= 1e-14 * np.outer(size, size)).all()
        assert found.tolist() == found.T.tolist()


def test_wide_tables_go_to_blas() -> None:
    assert choose_kernel(3, first_block_is_all=True) is tiled_products
    assert choose_kernel(3, first_block_is_all=False) is compiled_products
    assert choose_kernel(5000, first_block_is_all=False) is tiled_products


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_value_in_a_late_block_is_named(bad: float, small_blocks: None) -> None:
    features, target = rows(2000)
    features[1234, 1] = bad
    with pytest.raises(InputError, match=r"row 1235 .*x2") as caught:
        Moments.of(features, target)
    assert "\n" not in str(caught.value)


def test_squares_that_overflow_are_refused() -> None:
    features, target = rows(20, 1)
    features = np.vstack([features] * 5000)
    features[-1] = 1e300  # after the first block has set the scale
    with pytest.raises(InputError, match="values are too far apart for float64"):
        Moments.of(features, np.tile(target, 5000))


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e-310])
def test_a_column_that_cannot_be_squared_is_named(size: float) -> None:
    features, target = rows(20, 1)
    with pytest.raises(InputError, match=r"column 'x' holds values around .*beyond float64"):
        fit(np.abs(features) * size, target)


# Adding and taking away


@st.composite
def pieces(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[int]]:
    count = draw(st.integers(2, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = 10.0 ** draw(st.integers(-12, 12))
    offset = draw(st.sampled_from([0.0, 1.0, 1e3, 1e6]))
    features = (rng.standard_normal((count, 2)) + offset) * scale
    cuts = sorted(draw(st.lists(st.integers(1, count - 1), max_size=4, unique=True)))
    return features, rng.standard_normal(count) + offset, cuts


@settings(max_examples=60)
@given(pieces())
def test_the_sum_of_parts_is_the_whole(
    given_rows: tuple[np.ndarray, np.ndarray, list[int]],
) -> None:
    features, target, cuts = given_rows
    whole = Moments.of(features, target)
    first, *rest = (
        Moments.of(x, y)
        for x, y in zip(np.split(features, cuts), np.split(target, cuts), strict=True)
    )
    total: CentredMoments = first
    for part in rest:
        total = total + part
    assert total.rows == whole.rows
    expected = centred(features, target, None)
    assert agrees(total, expected)
    gap = np.abs(np.array(list(total.means.values())) - list(whole.means.values()))
    largest = np.abs(np.column_stack([features, target])).max(axis=0)
    assert (gap <= 1e-14 * largest).all()


@settings(max_examples=60)
@given(pieces())
def test_what_is_added_can_be_taken_away(
    given_rows: tuple[np.ndarray, np.ndarray, list[int]],
) -> None:
    features, target, cuts = given_rows
    cut = cuts[0] if cuts else 1
    left = Moments.of(features[:cut], target[:cut])
    both = left + Moments.of(features[cut:], target[cut:])
    remaining = both - left
    assert remaining.rows == len(target) - cut
    assert agrees(remaining, centred(features[cut:], target[cut:], None))


def test_nothing_is_left_when_all_is_taken_away() -> None:
    moments = Moments.of(*rows(10))
    nothing = moments - moments
    assert (nothing.rows, nothing.weight) == (0, 0.0)
    assert (nothing + moments).means == moments.means
    assert (moments + nothing).rows == 10


def test_more_than_there_is_cannot_be_taken_away() -> None:
    with pytest.raises(InputError) as caught:
        Moments.of(*rows(10)) - Moments.of(*rows(20))
    assert str(caught.value) == (
        "cannot subtract moments of 20 rows from moments of 10 rows: they are not a part of them"
    )


def test_moments_of_other_columns_do_not_combine() -> None:
    features, target = rows(10, 2)
    with pytest.raises(InputError) as caught:
        Moments.of(features, target) + Moments.of(read(features, names=["a", "b"]), target)
    assert str(caught.value) == (
        "moments of columns x1, x2, y do not combine with moments of columns a, b, y: "
        "names and order must be the same"
    )
    with pytest.raises(TypeError, match="moments combine with moments, not with int"):
        Moments.of(features, target) + 1  # type: ignore[operator]  # what a user may try


def test_select_and_about() -> None:
    moments = Moments.of(*rows())
    chosen = moments.select([2, 0, 3])
    assert chosen.names == ("x3", "x1", "y")
    assert chosen.products[0, 1] == moments.products[2, 0]
    moved = moments.about(moments.shift + 1.0, moments.scale * 4.0)
    assert products(moved) == pytest.approx(products(moments), rel=1e-15)
    assert list(moved.means.values()) == pytest.approx(list(moments.means.values()), abs=1e-14)


# Files


def test_saved_and_loaded(tmp_path: Path) -> None:
    moments = Moments.of(*rows(), weights=np.linspace(0.0, 1.0, 500))
    moments.save(tmp_path / "today.steepest")
    assert bits(Moments.load(tmp_path / "today.steepest")) == bits(moments)
    assert Moments.load(tmp_path / "today.steepest").names == moments.names
    assert os.listdir(tmp_path) == ["today.steepest"]


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.steepest"
    Moments.of(*rows()).save(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StorageError, match=r"cut\.steepest"):
        Moments.load(path)


def test_arrays_of_another_shape_are_refused(tmp_path: Path) -> None:
    moments = Moments.of(*rows())
    arrays = moments.arrays() | {"mean": np.zeros(2)}
    with pytest.raises(StorageError) as caught:
        Moments.restore(arrays, moments.description())
    assert str(caught.value) == "array mean is damaged: expected float64 (4,), got float64 (2,)"
