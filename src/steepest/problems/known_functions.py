"""Functions that minimisers are tried on, with what is known of them.

`known("bowl", condition=1000)` gives one by its name, for `minimize`, `study` and `search`;
`KNOWN` is the table of all. A name alone will do where no option is asked for.

>>> import steepest
>>> bowl = steepest.functions.known("bowl", condition=1000)
>>> steepest.minimize(bowl, lr="auto").forecast.condition_number
1000.0
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias, final

from steepest.errors import InputError, nearest
from steepest.number_checks import check_number, check_text
from steepest.translation import joined

Point: TypeAlias = tuple[float, ...]

DIMENSIONS = 50  # a formula over more variables is too long to be read
CONDITION = 10.0


@final
@dataclass(frozen=True)
class KnownFunction:
    """A function by its formula, and where it is least.

    - `formula`: text for `steepest.formula.parse.parse`; `names`: its variables
    - `minima`: every point where it takes its least value `minimum`; empty and None where it has
      none; `stationary`: other points of interest where the gradient is zero
    - `start`: where descents customarily start
    - `bounds`: least and greatest value of each variable in a picture
    - `source`: who gave it, and when
    """

    name: str
    formula: str
    names: tuple[str, ...]
    minima: tuple[Point, ...]
    minimum: float | None
    start: Point
    bounds: tuple[tuple[float, float], ...]
    source: str
    stationary: tuple[Point, ...] = ()


def known(
    name: str, dimensions: int | None = None, condition: float | None = None
) -> KnownFunction:
    """The function of that name; capitals, spaces and hyphens do not count.

    - `dimensions`: 2 (the variables are x and y) unless said; another number, up to 50, gives
      x1, x2, … for those that come in any number: Ackley, bowl, Rastrigin, Rosenbrock (2 and more)
      and Styblinski-Tang
    - `condition`: of the bowl's Hessian, at least 1 (10 unless said; 1 in one dimension)

    InputError: an unknown name, or an option that the function does not have.

    >>> known("rosenbrock").formula
    '(1 - x)^2 + 100*(y - x^2)^2'
    >>> known("bowl", dimensions=3, condition=100).formula
    '0.5*x1^2 + 5*x2^2 + 50*x3^2'
    """
    check_text("the name of a function", name, "rosenbrock")
    exact = {_plain(one): one for one in KNOWN}.get(_plain(name))
    if exact is None:
        near = nearest(name.casefold(), map(str.casefold, KNOWN))
        raise InputError(
            "No known function is named {name!r}.{near} There are {KNOWN}.",
            name=name,
            near=near,
            KNOWN=joined(KNOWN),
        )
    if dimensions is None and condition is None:
        return KNOWN[exact]
    if condition is not None and exact != "bowl":
        raise InputError("{exact} has no condition to choose; bowl has.", exact=exact)
    if dimensions is not None and exact not in _FAMILIES:
        return _only_two(KNOWN[exact], dimensions)
    return _member(exact, dimensions, condition)


def is_known(name: str) -> bool:
    """Whether a function has that name.

    >>> is_known("Styblinski-Tang"), is_known("x^2")
    (True, False)
    """
    return isinstance(name, str) and _plain(name) in map(_plain, KNOWN)


def _only_two(function: KnownFunction, dimensions: int) -> KnownFunction:
    if dimensions == 2:
        return function
    raise InputError(
        "{name} has 2 dimensions, not {dimensions}; {FAMILIES} can have others.",
        name=function.name,
        dimensions=dimensions,
        FAMILIES=joined(_FAMILIES),
    )


def _member(name: str, dimensions: int | None, condition: float | None) -> KnownFunction:
    count = 2 if dimensions is None else dimensions
    least = 2 if name == "Rosenbrock" else 1
    if isinstance(count, bool) or not isinstance(count, int) or not least <= count <= DIMENSIONS:
        raise InputError(
            "{name} has {least} to {DIMENSIONS} dimensions, not {count}.",
            name=name,
            least=least,
            DIMENSIONS=DIMENSIONS,
            count=count,
        )
    if name != "bowl":
        return _FAMILIES[name](_names(count))
    usual = CONDITION if count > 1 else 1.0
    return _bowl(_names(count), usual if condition is None else condition)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in " -_")


def _names(count: int) -> tuple[str, ...]:
    return ("x", "y") if count == 2 else tuple(f"x{i}" for i in range(1, count + 1))


def _total(terms: list[str]) -> str:
    return " + ".join(terms)


def _ackley(names: tuple[str, ...]) -> KnownFunction:
    d = len(names)
    squares = _total([f"{x}^2" for x in names])
    waves = _total([f"cos(2*pi*{x})" for x in names])
    return KnownFunction(
        name="Ackley",
        formula=f"20 + e - 20*exp(-0.2*sqrt(({squares})/{d})) - exp(({waves})/{d})",
        names=names,
        minima=((0.0,) * d,),
        minimum=0.0,
        start=(2.5, 1.6, *(2.0,) * d)[:d],
        bounds=((-5.0, 5.0),) * d,
        source="D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing, Kluwer 1987",
    )


def _rastrigin(names: tuple[str, ...]) -> KnownFunction:
    d = len(names)
    return KnownFunction(
        name="Rastrigin",
        formula=_total([f"{10 * d}", *(f"({x}^2 - 10*cos(2*pi*{x}))" for x in names)]),
        names=names,
        minima=((0.0,) * d,),
        minimum=0.0,
        start=(3.4, -2.3, *(1.7,) * d)[:d],
        bounds=((-5.12, 5.12),) * d,
        source="L. A. Rastrigin, Systems of Extremal Control (in Russian), Nauka 1974",
    )


def _rosenbrock(names: tuple[str, ...]) -> KnownFunction:
    d = len(names)
    pairs = pairwise(names)
    return KnownFunction(
        name="Rosenbrock",
        formula=_total([f"(1 - {a})^2 + 100*({b} - {a}^2)^2" for a, b in pairs]),
        names=names,
        minima=((1.0,) * d,),
        minimum=0.0,
        start=((-1.2, 1.0) * d)[:d],
        bounds=((-2.0, 2.0), (-1.0, 3.0)) if d == 2 else ((-2.0, 2.0),) * d,
        source="H. H. Rosenbrock, The Computer Journal 3 (1960) 175-184",
    )


def _styblinski_tang(names: tuple[str, ...]) -> KnownFunction:
    d = len(names)
    # The least root of 4t³ − 32t + 5 = 0, and (t⁴ − 16t² + 5t)/2 there.
    least, value = -2.903534027771177, -39.16616570377142
    return KnownFunction(
        name="Styblinski-Tang",
        formula=f"({_total([f'{x}^4 - 16*{x}^2 + 5*{x}' for x in names])})/2",
        names=names,
        minima=((least,) * d,),
        minimum=value * d,
        start=(0.0,) * d,
        bounds=((-5.0, 5.0),) * d,
        source="M. A. Styblinski and T.-S. Tang, Neural Networks 3 (1990) 467-483",
    )


def _bowl(names: tuple[str, ...], condition: float) -> KnownFunction:
    """½ Σ λᵢxᵢ², λ from 1 to the condition number in equal ratios."""
    d = len(names)
    check_number("condition", condition)
    if not 1.0 <= condition <= 1e15:
        raise InputError(
            "A condition number lies between 1 and 1e15; {condition} does not.", condition=condition
        )
    if d == 1 and condition != 1.0:
        raise InputError("A bowl of one dimension has the condition number 1.")
    eigenvalues = [condition ** (i / (d - 1)) for i in range(d)] if d > 1 else [1.0]
    return KnownFunction(
        name="bowl",
        formula=_total(
            [
                f"{repr(e / 2).removesuffix('.0')}*{x}^2"
                for e, x in zip(eigenvalues, names, strict=True)
            ]
        ),
        names=names,
        minima=((0.0,) * d,),
        minimum=0.0,
        start=(1.0,) * d,
        bounds=((-1.5, 1.5),) * d,
        source="a quadratic form, as every textbook on descent has it",
    )


def _in_two(
    name: str, formula: str, minima: tuple[Point, ...], start: Point, reach: float, source: str
) -> KnownFunction:
    """One of x and y alone, least where it is 0, drawn over a square."""
    square = ((-reach, reach),) * 2
    return KnownFunction(name, formula, ("x", "y"), minima, 0.0, start, square, source)


_FAMILIES: Mapping[str, Callable[..., KnownFunction]] = {
    "Ackley": _ackley,
    "bowl": _bowl,
    "Rastrigin": _rastrigin,
    "Rosenbrock": _rosenbrock,
    "Styblinski-Tang": _styblinski_tang,
}

_SADDLE = KnownFunction(
    name="saddle",
    formula="x^2 - y^2",
    names=("x", "y"),
    minima=(),
    minimum=None,
    # So near the ridge that a descent first seems to arrive.
    start=(1.5, 0.001),
    bounds=((-2.0, 2.0), (-2.0, 2.0)),
    source="the plainest saddle; it has no least value",
    stationary=((0.0, 0.0),),
)

_LIST = (
    _SADDLE,
    *(make(("x", "y")) for name, make in _FAMILIES.items() if name != "bowl"),
    _bowl(("x", "y"), CONDITION),
    _in_two(
        name="Beale",
        formula="(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
        minima=((3.0, 0.5),),
        start=(1.0, 1.0),
        reach=4.5,
        source="E. M. L. Beale, Technical Report 25, Statistical Techniques Research Group, "
        "Princeton University 1958",
    ),
    _in_two(
        name="Booth",
        formula="(x + 2*y - 7)^2 + (2*x + y - 5)^2",
        minima=((1.0, 3.0),),
        start=(-5.0, -5.0),
        reach=10.0,
        source="after M. Jamil and X.-S. Yang, International Journal of Mathematical Modelling and "
        "Numerical Optimisation 4 (2013) 150-194",
    ),
    _in_two(
        name="Himmelblau",
        formula="(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        start=(0.0, 0.0),
        reach=5.0,
        source="D. M. Himmelblau, Applied Nonlinear Programming, McGraw-Hill 1972",
    ),
    _in_two(
        name="Matyas",
        formula="0.26*(x^2 + y^2) - 0.48*x*y",
        minima=((0.0, 0.0),),
        start=(8.0, -4.0),
        reach=10.0,
        source="J. Matyas, Automation and Remote Control 26 (1965) 246-253",
    ),
)

KNOWN: Mapping[str, KnownFunction] = MappingProxyType(
    {one.name: one for one in sorted(_LIST, key=lambda one: one.name.casefold())}
)
