"""Steps as a table: columns, their names, and the table as text and HTML."""

from collections.abc import Callable

import numpy as np
import pandas
import pytest
import torch

import steepest
from steepest.errors import InputError
from steepest.path.path import DescentPath

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"


def lesson() -> DescentPath:
    """x² − 4x + 5 from 7 at rate 0.1: the error shrinks by 0.8 a step."""
    return steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30)


def test_columns_hold_the_numbers_of_the_lesson() -> None:
    table = lesson().table()
    x = 2.0 + 5.0 * 0.8 ** np.arange(31)
    assert table.names == ("index", "x", "objective", "gradient_x", "learning_rate")
    assert len(table) == 31
    assert table["index"].tolist() == list(range(31))
    assert table["index"].dtype == np.int64
    assert table["x"] == pytest.approx(x)
    assert table["objective"] == pytest.approx((x - 2.0) ** 2 + 1.0)
    assert table["gradient_x"] == pytest.approx(2.0 * x - 4.0)
    assert table["learning_rate"].tolist() == [0.1] * 31
    assert all(table[name].dtype == np.float64 for name in table.names[1:])


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.RMSprop, torch.optim.Adagrad])
def test_state_has_the_names_and_values_of_torch(
    kind: Callable[..., torch.optim.Optimizer],
) -> None:
    name = kind.__name__.lower()
    table = steepest.minimize(ROSENBROCK, (-1.5, 2), optimizer=name, lr=0.01, epochs=5).table()
    point = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = kind([point], lr=0.01)
    for k in range(1, 6):
        optimizer.zero_grad()
        ((1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2).backward()
        optimizer.step()
        kept = {key: value for key, value in optimizer.state[point].items() if value.ndim}
        assert kept
        for key, value in kept.items():
            remembered = [table[f"{key}_x"][k], table[f"{key}_y"][k]]
            assert remembered == pytest.approx(value.tolist(), rel=1e-12)


def test_momentum_is_shown_where_it_is_used_only() -> None:
    used = steepest.minimize("x^2", 1, lr=0.1, momentum=0.5, epochs=2).table()
    # b₀ = 0, b₁ = g₀ = 2, b₂ = 0.5·2 + 2·0.8
    assert used["momentum_buffer_x"] == pytest.approx([0.0, 2.0, 2.6])
    assert "momentum_buffer_x" not in steepest.minimize("x^2", 1, lr=0.1, epochs=2).table()


def test_what_a_torch_optimizer_does_not_remember_yet_is_nan() -> None:
    table = steepest.minimize("x^2", 1, lr=0.1, optimizer=torch.optim.NAdam, epochs=2).table()
    assert np.isnan(table["exp_avg_x"]).tolist() == [True, False, False]
    assert table["exp_avg_x"][1] == pytest.approx(0.2)  # (1 − β₁)·g


def test_any_steps_in_any_order() -> None:
    table = lesson().table([30, 0, 3, 3])
    assert table["index"].tolist() == [30, 0, 3, 3]
    assert table["x"] == pytest.approx([2.0 + 5.0 * 0.8**30, 7.0, 4.56, 4.56])
    assert len(lesson().table([])) == 0
    assert len(lesson().table(range(0, 31, 10))) == 4
    assert lesson().table(np.array([2]))["x"] == pytest.approx([5.2])


def test_recorded_steps_of_a_long_run() -> None:
    path = steepest.minimize("x^2", 1, lr=1e-4, epochs=5000)
    table = path.table()
    assert table["index"].tolist() == list(path.recorded)
    assert table["x"] == pytest.approx((1 - 2e-4) ** table["index"])


def test_a_fit_has_a_table_in_the_user_units_with_validation() -> None:
    x = np.arange(40.0)
    fit = steepest.fit(x, 3.0 * x + 1.0 + np.cos(x), validation=0.25, epochs=20, lr=0.1)
    table = fit.path.table()
    assert table.names == (
        *("index", "x", "intercept", "objective", "gradient_x", "gradient_intercept"),
        *("learning_rate", "validation"),
    )
    assert fit.path.validation is not None
    assert table["validation"][7] == fit.path.validation(7)
    assert table["intercept"][20] == fit.path.at(20)["intercept"]
    assert table["gradient_x"][20] == fit.path.at(20).gradient[0]


def test_an_epoch_beyond_int64_makes_the_index_a_float() -> None:
    path = steepest.fit([1, 2, 3], [2, 4, 6.5], lr=0.1).path
    table = path.table([0, 10**30])
    assert table["index"].tolist() == [0.0, 1e30]


def test_a_parameter_with_the_name_of_a_column_gets_an_underscore() -> None:
    table = steepest.minimize(
        "objective^2 + index^2 + gradient_index^2", (1, 2, 3), lr=0.1, epochs=1
    ).table()
    assert table.names == (
        *("index", "objective_", "index_", "gradient_index", "objective"),
        *("gradient_objective", "gradient_index_", "gradient_gradient_index", "learning_rate"),
    )
    assert table["objective_"][0] == 1.0
    assert table["gradient_index"][0] == 3.0  # the parameter of that name
    assert table["gradient_index_"][0] == 4.0  # the derivative by index
    assert len(set(table.names)) == len(table.names)


def test_columns_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        lesson().table()["x"][0] = 1.0


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (5, "the steps of a table are a list of indices, such as range(0, 101, 10), not 5."),
        ([0.5], "the steps of a table are a list of indices, such as range(0, 101, 10), not 0.5."),
        ("x", "the steps of a table are a list of indices, such as range(0, 101, 10), not 'x'."),
        ([31], "there is no step 31: the descent has steps 0 to 30."),
        ([-1], "there is no step -1: the descent has steps 0 to 30."),
    ],
)
def test_steps_that_are_none(steps: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        lesson().table(steps)  # type: ignore[arg-type]  # a user may hand in anything
    assert str(error.value) == message


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        lesson().table()["objectiv"]
    assert str(error.value) == (
        "this table has no column 'objectiv'; it has index, x, objective, gradient_x, "
        "learning_rate. Did you mean 'objective'?"
    )


def test_text_is_aligned() -> None:
    assert str(lesson().table([0, 1, 5])).splitlines() == [
        "index       x  objective  gradient_x  learning_rate",
        "    0       7         26          10            0.1",
        "    1       6         17           8            0.1",
        "    5  3.6384   3.684355      3.2768            0.1",
    ]


def test_a_long_table_is_shortened_in_the_middle() -> None:
    lines = str(lesson().table()).splitlines()
    assert len(lines) == 1 + 10 + 1 + 10 + 1
    assert [line.split()[0] for line in lines[1:22]] == [
        *map(str, range(10)),
        "…",
        *map(str, range(21, 31)),
    ]
    assert lines[-1] == "[31 steps, 5 columns]"
    assert len({len(line) for line in lines[:-1]}) == 1


def test_a_wide_table_is_shortened_in_the_middle() -> None:
    path = steepest.minimize(lambda v: (v**2).sum(), start={"v": [1.0] * 50}, lr=0.1, epochs=2)
    lines = str(path.table()).splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].split()[:2] == ["index", "v[0]"]
    assert "…" in lines[0].split()
    assert lines[0].split()[-1] == "learning_rate"
    assert lines[-1] == "[3 steps, 103 columns]"


def test_an_empty_table_shows_its_names() -> None:
    assert str(lesson().table([])) == "index  x  objective  gradient_x  learning_rate"


def test_html_is_escaped() -> None:
    names = ["<b>bold</b>", "y\x1b[31m"]
    rows = {names[0]: [1.0, 2.0, 3.0], names[1]: [2.0, 4.0, 6.5]}
    fit = steepest.fit(pandas.DataFrame(rows), target=names[1], epochs=2, lr=0.1)
    html = fit.path.table()._repr_html_()
    assert html.startswith("<table><thead><tr><th>index</th><th>&lt;b&gt;bold&lt;/b&gt;</th>")
    assert "<b>" not in html
    assert html.count("<tr>") == 1 + 3


def test_steps_of_mini_batches_have_the_loss_of_held_out_rows() -> None:
    x = np.linspace(-1.0, 1.0, 40)
    fit = steepest.fit(x, np.sin(3.0 * x), validation=0.25, batch_size=5, epochs=3, lr=0.1)
    table, path = fit.path.table(), fit.path
    assert path.validation is not None
    assert table["validation"].tolist() == [path.validation(k) for k in path.recorded]
    assert np.isfinite(table["validation"]).all()
