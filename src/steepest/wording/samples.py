"""The rule that the rows of a sample table follow."""

from collections.abc import Callable, Mapping


def rule_of_sample(name: str, options: Mapping[str, float]) -> str:
    """The rule of the sample table of that name.

    >>> rule_of_sample("uniform-line", {"rows": 50, "seed": 0})
    'y = 3x + 0.8; x uniform on (0, 1)'
    """
    return _RULES[name](**options)


def _three_points() -> str:
    return "y = 2x"


def _slope_only() -> str:
    return "y = -3x; x from -3 to 2.9 in steps of 0.1"


def _slope_and_bias() -> str:
    return "y = x - 1; x from -3 to 2.9 in steps of 0.1"


def _uniform_line(**_: float) -> str:
    return "y = 3x + 0.8; x uniform on (0, 1)"


def _noisy_line(slope: float, intercept: float, sigma: float, outliers: int, **_: float) -> str:
    unit = " deviations" if sigma else ""
    raised = f"; {outliers} outliers, 10 to 20{unit} too high" if outliers else ""
    line = f"y = {slope:g}x {_signed(intercept)}"
    return f"{line} + noise of deviation {sigma:g}; x uniform on (0, 10){raised}"


def _badly_scaled(sigma: float, **_: float) -> str:
    return (
        f"y = 1e6 x1 + 1e3 x2 + x3 + 1e-3 x4 + 1e-6 x5 + noise of deviation {sigma:g}; "
        "deviations of x1 to x5 are 1e-6 to 1e6"
    )


def _collinear(gap: float, sigma: float, **_: float) -> str:
    near = f"to a deviation of {gap:g}" if gap else "exactly"
    return f"y = x1 + 2 x2 + 3 x3 + noise of deviation {sigma:g}; x2 is x1 {near}"


def _two_classes(separation: float, **_: float) -> str:
    slope = separation / 2.0**0.5
    return f"log odds of y = 1 are {slope:g} (x1 + x2); two normal clouds {separation:g} apart"


def _counts(slope: float, intercept: float, **_: float) -> str:
    return f"y is Poisson with mean exp({slope:g}x {_signed(intercept)}); x uniform on (-2, 2)"


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value):g}"


_RULES: Mapping[str, Callable[..., str]] = {
    rule.__name__.removeprefix("_").replace("_", "-"): rule
    for rule in (
        _three_points,
        _slope_only,
        _slope_and_bias,
        _uniform_line,
        _noisy_line,
        _badly_scaled,
        _collinear,
        _two_classes,
        _counts,
    )
}
