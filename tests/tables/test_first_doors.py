"""What people hand to `fit` and `read` in the first hour: tensors of every sort, labelled rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import steepest

X = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
Y = torch.tensor([1.0, 2.5, 2.9, 4.2])


@pytest.mark.parametrize(
    "tensor",
    [
        torch.conj(torch.complex(X, -X)).imag,  # its sign stands to be applied
        X.bfloat16(),
        torch.nn.Parameter(X),
    ],
    ids=["negative bit", "bfloat16", "parameter"],
)
def test_tensors_whose_values_numpy_does_not_see(tensor: torch.Tensor) -> None:
    fit = steepest.fit(tensor, Y)
    assert fit.coefficients["x"] == pytest.approx(1.0, abs=1e-7)  # Y is float32
    assert fit.predict(tensor) == pytest.approx(fit.predict(X.numpy()))
    run = steepest.minimize(lambda v: (v**2).sum(), start=tensor, lr=0.1, epochs=1)
    assert run.at(0).parameters.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.filterwarnings("ignore")  # torch gives quantised tensors up
def test_quantised_numbers_are_what_they_stand_for() -> None:
    tensor = torch.quantize_per_tensor(X, 0.5, 0, torch.qint8)
    assert steepest.fit(tensor, Y).coefficients["x"] == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(
    "tensor, refusal",
    [
        (torch.empty(4, 1, device="meta"), "device 'meta', which holds no values"),
        (torch.conj(torch.complex(X, X)), "complex numbers"),
        (X.to_sparse(), r"sparse tensor; make it dense first, with .to_dense\(\)"),
        (
            torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
            "a nested tensor, whose rows differ in length",
        ),
    ],
    ids=["meta", "complex", "sparse", "nested"],
)
def test_tensors_that_hold_no_table(tensor: torch.Tensor, refusal: str) -> None:
    fit = steepest.fit(X, Y)
    doors: list[Callable[[], Any]] = [
        lambda: steepest.fit(tensor, Y),
        lambda: steepest.fit(X, tensor),
        lambda: steepest.read(tensor),
        lambda: fit.predict(tensor),
    ]
    for door in doors:
        with pytest.raises(steepest.InputError, match=refusal):
            door()


def test_rows_whose_labels_differ_are_not_paired_by_place() -> None:
    """statsmodels refuses them too; scikit-learn, which knows arrays only, pairs by place."""
    x = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    y = pd.Series([5.0, 3.0, 2.0, 1.0], index=[3, 2, 1, 0], name="y")
    for loss, target in (("squared", y), ("logistic", y.gt(2.5).map({True: "a", False: "b"}))):
        with pytest.raises(steepest.InputError, match="target and features differ in their index"):
            steepest.fit(x, target, loss=loss, ridge=0.1)
    with pytest.raises(steepest.InputError, match="weights and features differ"):
        steepest.fit(x, [1.0, 2, 3, 5], weights=y)
    with pytest.raises(steepest.InputError, match="weights and target differ"):
        steepest.fit(x.to_numpy(), y, weights=pd.Series([1.0, 1, 2, 2]))
    with pytest.raises(steepest.InputError, match="column 'y' and column 'x' differ"):
        steepest.fit({"x": x["x"], "y": y}, "y")
    by_label = steepest.fit(x, y.reindex(x.index))
    assert by_label.coefficients["x"] == pytest.approx(1.3)
    assert steepest.fit(x, y.to_numpy()).coefficients["x"] == pytest.approx(-1.3)
    with pytest.raises(steepest.InputError, match="target and features differ"):
        by_label.score(x, y)
    shifted = x.set_index(pd.Index([10, 11, 12, 13]))
    assert steepest.fit(shifted, [1.0, 2, 3, 5]).coefficients["x"] == pytest.approx(1.3)


@pytest.mark.parametrize(
    "text",
    [["a", "b", "a"], np.array(["a", "b", "a"]), pd.Series(["a", "b", "a"], dtype="category")],
    ids=["list", "array", "category"],
)
def test_a_target_of_text_is_told_the_losses_of_classes(text: Any) -> None:
    with pytest.raises(steepest.InputError, match="target holds text; for classes set loss='log"):
        steepest.fit([1.0, 2.0, 3.0], text)


def test_names_of_several_columns_are_no_target() -> None:
    frame = pd.DataFrame({("a", "x"): [1.0, 2, 3], ("b", "y"): [1.0, 2, 2]})
    with pytest.raises(steepest.InputError, match="several levels"):
        steepest.fit(frame, ("b", "y"))
    for names in (("y",), ["x", "y"]):
        with pytest.raises(steepest.InputError, match="give the name of one column, such as tar"):
            steepest.fit({"x": [1.0, 2, 3], "y": [1.0, 2, 2]}, names)


def test_what_is_of_no_use_is_named_by_its_type() -> None:
    with pytest.raises(steepest.InputError, match="target is of type Expr; give an array"):
        steepest.fit(pl.DataFrame({"x": [1, 2]}), pl.col("y"))


def test_a_structured_array_has_its_columns_by_name() -> None:
    rows = np.array([(1.0, 2), (2.0, 3), (3.0, 5)], dtype=[("x", float), ("y", int)])
    for table in (rows, rows.view(np.recarray)):
        fit = steepest.fit(table, "y")
        assert fit.coefficients["x"] == pytest.approx(1.5)
        assert fit.predict(table) == pytest.approx([11 / 6, 10 / 3, 29 / 6])


def test_what_is_fitted_or_weighs_is_not_excluded() -> None:
    rows = {"x": [1.0, 2, 3], "z": [1.0, 1, 0], "y": [1.0, 2, 2], "w": [1.0, 1, 2]}
    with pytest.raises(steepest.InputError, match="'y' is the target column, and excluded too"):
        steepest.fit(rows, "y", exclude=["z", "y"])
    with pytest.raises(steepest.InputError, match="'w' is the weights column, and excluded too"):
        steepest.fit(rows, "y", weights="w", exclude="w")
    whole: Any = "z"  # one name is a name, not its letters
    assert list(steepest.fit(rows, "y", weights="w", exclude=whole).coefficients) == ["x"]


@pytest.mark.parametrize(
    "sizes",
    [
        pd.Series(pd.Categorical([1, 2, 1, 3], ordered=True)),
        pl.Series(["1", "2", "1", "3"], dtype=pl.Enum(["1", "2", "3"])),
    ],
    ids=["pandas", "polars"],
)
def test_categories_that_are_numbers_are_categories(sizes: Any) -> None:
    frame: Any = pd.DataFrame if isinstance(sizes, pd.Series) else pl.DataFrame
    fit = steepest.fit(frame({"size": sizes, "y": [1.0, 2.0, 3.0, 5.0]}), "y")
    assert fit.coefficients == pytest.approx({"size[2]": 0.0, "size[3]": 3.0}, abs=1e-12)
