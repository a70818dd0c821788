"""Boxes that every report has: key figures, verdict, forecast, settings."""

from collections.abc import Iterable, Mapping

from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.reports.cells import setting
from steepest.reports.html import Html, row, section, table, tag
from steepest.reports.kinds import link
from steepest.wording.fact import phrase, phrases
from steepest.wording.numbers import together

_BAD = ("diverged", "oscillating", "cycle", "left domain", "no minimum", "gradient lost")
_GOOD = ("converged", "at bounds")


def key_figures(figures: Iterable[tuple[str, str]]) -> Html:
    """The few numbers one looks for first, by name."""
    items = [tag("div", tag("dt", name), tag("dd", value)) for name, value in figures]
    return tag("dl", items, class_="facts")


def verdict_box(verdict: Verdict, *more: str) -> Html:
    """How the run ended, and further sentences."""
    said = phrase("verdict at", kind=verdict.kind, unit=verdict.unit, epoch=verdict.epoch)
    word = link("verdicts", verdict.kind, said, class_="word")
    whole = together(filter(None, (said, verdict.why, verdict.advice)))
    first = tag("p", word, whole.removeprefix(said))
    rest = [tag("p", sentence) for sentence in more]
    class_ = f"verdict {tone(verdict)}".strip()
    return tag("section", tag("h2", phrase("What happened")), first, rest, class_=class_)


def tone(verdict: Verdict) -> str:
    """The class of its colour: "" for good."""
    return "bad" if verdict.kind in _BAD else "" if verdict.kind in _GOOD else "open"


def forecast_box(forecast: Forecast) -> Html:
    """What curvature said before."""
    sentences = [tag("p", sentence) for sentence in forecast.sentences()]
    return tag("section", tag("h2", phrase("What curvature forecast")), sentences)


def settings_box(settings: Mapping[str, object]) -> Html:
    """What was asked for, by name."""
    rows = [row(name.replace("_", " "), [setting(value)]) for name, value in settings.items()]
    body = table(phrases("setting", "value"), rows, class_="settings")
    return section(phrase("Settings"), body)
