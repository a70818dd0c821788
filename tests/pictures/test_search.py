"""The picture of a grid search, with a descent beside it."""

import numpy as np
import pytest

import steepest
from steepest.errors import InputError
from steepest.pictures.search import SearchView
from steepest.wording.fact import text_of


def test_the_curve_of_lesson_0() -> None:
    found = steepest.search("14/3*(w-2)**2", "w=0:4:0.1")
    path = steepest.minimize("14/3*(w-2)**2", start=1, lr=0.01, epochs=100)
    view = SearchView.of(found, path)
    np.testing.assert_allclose(view.objective, 14 / 3 * (view.x - 2) ** 2, atol=1e-12)
    assert (view.objective[0], view.objective[-1]) == pytest.approx((18.6666667, 18.6666667))
    assert (view.best.tolist(), view.best_objective) == ([2.0], 0.0)
    assert view.path is not None and view.path.exact.all()
    points, objectives = view.path.points[:, 0], view.path.objectives
    assert (points[0], objectives[0]) == pytest.approx((1.0, 4.6666667))
    np.testing.assert_allclose(objectives, 14 / 3 * (points - 2) ** 2)
    assert text_of(view.notes) == ""


def test_a_map_has_a_row_for_each_value_of_the_second_axis() -> None:
    found = steepest.search("x^2 + 3y", ["x=-1:1:0.5", "y=0:1:0.5"])
    view = SearchView.of(found)
    assert view.objective.shape == (3, 5)
    x, y = np.meshgrid(view.x, view.y)
    np.testing.assert_allclose(view.objective, x**2 + 3 * y)
    assert (view.names, view.best.tolist()) == (("x", "y"), [0.0, 0.0])
    assert view.path is None


def test_steps_off_the_picture_are_marked_and_told() -> None:
    found = steepest.search("x^2 + (y-1)^2", "x=-1:4:0.5", at={"y": 0.5})
    path = steepest.minimize("x^2 + (y-1)^2", start=(3, 2), lr=0.1, epochs=10)
    view = SearchView.of(found, path)
    assert view.path is not None and not view.path.exact.any()
    assert text_of(view.notes) == (
        "Held: y = 0.5. Hollow steps lie off this picture, which does not show their objective."
    )


def test_a_third_axis_is_held_at_the_best_point() -> None:
    found = steepest.search("x^2 + y^2 + (z-1)^2", ["x=-1:1:0.5", "y=-1:1:0.5", "z=0:2:0.5"])
    view = SearchView.of(found)
    x, y = np.meshgrid(view.x, view.y)
    np.testing.assert_allclose(view.objective, x**2 + y**2)
    assert text_of(view.notes) == "Held: z = 1."


def test_a_fine_grid_is_thinned_and_says_so() -> None:
    found = steepest.search("(x-1)^2", "x=0:4:0.001")
    view = SearchView.of(found)
    assert len(view.x) == len(view.objective) <= 600
    np.testing.assert_allclose(view.objective, (view.x - 1) ** 2, atol=1e-12)
    assert view.best.tolist() == [1.0]
    assert text_of(view.notes) == "Not every point of the grid is drawn."


def test_the_path_must_have_the_same_parameters() -> None:
    found = steepest.search("(x-1)^2", "x=0:4:1")
    path = steepest.minimize("(y-1)^2", start=2, lr=0.1, epochs=2)
    with pytest.raises(InputError) as caught:
        SearchView.of(found, path)
    assert str(caught.value) == (
        "the search is over x and the path over y; both must have the same parameters."
    )
