"""What is offered for a name that is not known: slips of typing, and no other name."""

import pytest

from steepest.errors import near_name, nearest_file


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("prise", "price"),
        ("sgd", "sdg"),
        ("targt", "target"),
        ("rosenbrok", "rosenbrock"),
        ("Sq Ft", "sqft"),
        ("x", "X"),
        ("learning-rate", "learning_rate"),
        ("learn_rate", "learning_rate"),
        ("body_mas", "body_mass"),
        ("optimiser", "optimizer"),
        ("ab", "abc"),
    ],
)
def test_a_slip_is_offered(typed: str, known: str) -> None:
    assert near_name(typed, ["unlike", known]) == known


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("income", "outcome"),
        ("x1", "x2"),
        ("x10", "x11"),
        ("x_1", "x_11"),
        ("price_2020", "price_2021"),
        ("min", "max"),
        ("l1", "lr"),
        ("mass", "class"),
        ("mean", "median"),
        ("a_b", "alpha_beta"),
        ("q", "qu"),
        ("", "a"),
    ],
)
def test_another_name_is_not(typed: str, known: str) -> None:
    assert near_name(typed, [known]) is None


@pytest.mark.parametrize(
    ("typed", "there", "offered"),
    [
        ("hoses.csv", "houses.csv", "houses.csv"),
        ("houses.cvs", "houses.csv", "houses.csv"),
        ("houses.csv", "houses.parquet", "houses.parquet"),
        ("a.csv", "b.csv", ""),
        ("cars.csv", "dogs.csv", ""),
        ("data_2020.csv", "data_2021.csv", ""),
        ("report.csv", "deport.html", ""),
    ],
)
def test_a_common_ending_makes_no_two_files_alike(typed: str, there: str, offered: str) -> None:
    expected = f" Did you mean {offered!r}?" if offered else ""
    assert nearest_file(typed, [there, "unlike.csv"]) == expected
