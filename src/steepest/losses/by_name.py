"""Losses by name."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from steepest.errors import InputError, nearest
from steepest.losses.counts_and_amounts import Gamma, Poisson, Tweedie
from steepest.losses.loss import Loss
from steepest.losses.multinomial import Multinomial
from steepest.losses.regression import Absolute, Huber, LogCosh, Quantile, Squared
from steepest.losses.two_classes import Hinge, Logistic, SquaredHinge
from steepest.number_checks import check_text, number_of_text
from steepest.translation import joined, say

_KINDS: tuple[type[Loss], ...] = (
    Squared,
    Absolute,
    Huber,
    Quantile,
    LogCosh,
    Logistic,
    Multinomial,
    Hinge,
    SquaredHinge,
    Poisson,
    Gamma,
    Tweedie,
)
LOSSES: Mapping[str, type[Loss]] = MappingProxyType({kind.name: kind for kind in _KINDS})

# What others call them; the nearest spelling of one of these may be another loss.
_ELSEWHERE = {
    "squared-error": "squared",
    "mse": "squared",
    "absolute-error": "absolute",
    "mae": "absolute",
    "pinball": "quantile",
    "log-loss": "logistic",
    "log": "logistic",
    "cross-entropy": "multinomial",
    "softmax": "multinomial",
}


def make_loss(loss: str | Loss, **options: Any) -> Loss:
    """The loss of that name with these options; a loss as it is.

    Upper or lower case, with "-", "_" or a space between words. Raises InputError for an unknown
    name, an unknown option or a value out of range.

    >>> make_loss("huber", delta=2), make_loss("squared hinge")
    (Huber(delta=2.0), SquaredHinge())
    """
    if isinstance(loss, Loss):
        if options:
            raise InputError(
                "options ({options}) go with a loss's name; this one is made already: {loss!r}.",
                options=joined(options),
                loss=loss,
            )
        return loss
    kind = _find(loss)
    known = _options(kind)
    for option in options:
        if option not in known:
            has = say("it has {known}", known=joined(known)) if known else say("it has none")
            raise InputError(
                "{name} loss has no option {option!r}; {has}.{option_2}",
                name=kind.name,
                option=option,
                has=has,
                option_2=nearest(option, known),
            )
    return kind(**options)


def parse_loss(text: str) -> Loss:
    """A loss from text, `name` or `name:option`; `str(loss)` gives such a text.

    >>> parse_loss("quantile:0.9"), parse_loss("poisson")
    (Quantile(quantile=0.9), Poisson())
    """
    check_text("loss", text, "huber")
    name, colon, value = text.partition(":")
    if not colon:
        return make_loss(name)
    kind = _find(name)
    for option in _options(kind):
        return make_loss(name, **{option: number_of_text(value, f"{kind.name}: {option}")})
    raise InputError(
        "loss {text!r}: {name} loss takes no option after its name.", text=text, name=kind.name
    )


def _options(kind: type[Loss]) -> list[str]:
    return [field.name for field in fields(kind)]  # type: ignore[arg-type]  # each is a dataclass


def plain_name(name: object) -> str:
    """A loss's name in lower case, with "-" between words; of what is no text nothing is left.

    >>> plain_name("Squared_Hinge")
    'squared-hinge'
    """
    words = name.lower().replace("_", " ").replace("-", " ") if isinstance(name, str) else ""
    return "-".join(words.split())


def name_hint(name: object, known: Collection[str]) -> str:
    """Which of the known losses that may mean, as a sentence with a space before it; or nothing.

    >>> name_hint("log_loss", ["logistic", "hinge"])
    " What you mean is here called 'logistic'."
    """
    here = _ELSEWHERE.get(plain_name(name))
    if here in known:
        return say(" What you mean is here called {here!r}.", here=here)
    return nearest(plain_name(name), known)


def _find(name: object) -> type[Loss]:
    plain = plain_name(name)
    if plain in LOSSES:
        return LOSSES[plain]
    raise InputError(
        "no loss {name!r}; there are {LOSSES}.{name_2}",
        name=name,
        LOSSES=joined(LOSSES),
        name_2=name_hint(name, LOSSES),
    )
