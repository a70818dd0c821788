"""The rule that the rows of a sample table follow."""

from collections.abc import Callable, Mapping

from steepest.wording.template import filled


def rule_of_sample(name: str, options: Mapping[str, float]) -> str:
    """The rule of the sample table of that name.

    >>> rule_of_sample("uniform-line", {"rows": 50, "seed": 0})
    'y = 3x + 0.8; x uniform on (0, 1)'
    """
    return _RULES[name](**options)


def _three_points() -> str:
    return "y = 2x"


def _slope_only() -> str:
    return filled("y = -3x; x from -3 to 2.9 in steps of 0.1")


def _slope_and_bias() -> str:
    return filled("y = x - 1; x from -3 to 2.9 in steps of 0.1")


def _uniform_line(**_: float) -> str:
    return filled("y = 3x + 0.8; x uniform on (0, 1)")


def _noisy_line(slope: float, intercept: float, sigma: float, outliers: int, **_: float) -> str:
    line = filled(
        "y = {slope:g}x {intercept} + noise of deviation {sigma:g}; x uniform on (0, 10)",
        slope=slope,
        intercept=_signed(intercept),
        sigma=sigma,
    )
    if not outliers:
        return line
    return line + filled(
        "; {outliers} outliers, 10 to 20 deviations too high"
        if sigma
        else "; {outliers} outliers, 10 to 20 too high",
        outliers=outliers,
    )


def _badly_scaled(sigma: float, **_: float) -> str:
    return filled(
        "y = 1e6 x1 + 1e3 x2 + x3 + 1e-3 x4 + 1e-6 x5 + noise of deviation {sigma:g}; deviations "
        "of x1 to x5 are 1e-6 to 1e6",
        sigma=sigma,
    )


def _collinear(gap: float, sigma: float, **_: float) -> str:
    return filled(
        "y = x1 + 2 x2 + 3 x3 + noise of deviation {sigma:g}; x2 is x1 to a deviation of {gap:g}"
        if gap
        else "y = x1 + 2 x2 + 3 x3 + noise of deviation {sigma:g}; x2 is x1 exactly",
        sigma=sigma,
        gap=gap,
    )


def _two_classes(separation: float, **_: float) -> str:
    return filled(
        "log odds of y = 1 are {slope:g} (x1 + x2); two normal clouds {separation:g} apart",
        slope=separation / 2.0**0.5,
        separation=separation,
    )


def _counts(slope: float, intercept: float, **_: float) -> str:
    return filled(
        "y is Poisson with mean exp({slope:g}x {intercept}); x uniform on (-2, 2)",
        slope=slope,
        intercept=_signed(intercept),
    )


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
