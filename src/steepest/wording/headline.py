"""A verdict in a line: its kind and epoch before its sentences."""

from steepest.wording.numbers import capitalized, together
from steepest.wording.template import filled

# The kinds of verdicts, as sentences name them.
WORDS = (
    *("converged", "plateau", "max steps", "oscillating", "cycle", "diverged", "interrupted"),
    *("saddle", "maximum", "flat", "left domain", "no minimum", "at bounds", "gradient lost"),
)

TEMPLATES = {
    # The verdict without its reason.
    "verdict at": "{kind:capitalized} at {unit} {epoch:count}.",
    # A mistake of a loop in a line.
    "mistake at": "Step {step}: {text} {fix}",
}


def headline(kind: str, epoch: int, unit: str, reason: str, advice: str) -> str:
    """The whole verdict in a line."""
    said = together(filter(None, (reason_since(epoch, unit, reason), advice)))
    return filled(
        "{kind:capitalized} at {unit} {epoch:count}: {said}",
        kind=kind,
        unit=unit,
        epoch=epoch,
        said=said,
    ).strip()


def reason_since(epoch: int, unit: str, reason: str) -> str:
    """The reason as it follows the epoch, which is not named again."""
    known = {"unit": unit, "epoch": epoch, "before": epoch - 1}
    for when in (filled("At {unit} {epoch} ", **known), filled("From {unit} {epoch} ", **known)):
        if reason.startswith(when):
            return capitalized(reason[len(when) :])
    lately = filled("From {unit} {before} to {epoch} ", **known)
    if not reason.startswith(lately):
        return reason
    return filled("In the last {unit} {rest}", unit=unit, rest=reason[len(lately) :])
