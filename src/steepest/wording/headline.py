"""A verdict in a line: its kind and epoch before its sentences."""

from steepest.wording.numbers import capitalized, count

TEMPLATES = {
    # The verdict without its reason.
    "verdict at": "{kind:capitalized} at {unit} {epoch:count}.",
    # A mistake of a loop in a line.
    "mistake at": "Step {step}: {text} {fix}",
}


def headline(kind: str, epoch: int, unit: str, reason: str, advice: str) -> str:
    """The whole verdict in a line."""
    why = reason_since(epoch, unit, reason)
    return f"{capitalized(kind)} at {unit} {count(epoch)}: {why} {advice}".strip()


def reason_since(epoch: int, unit: str, reason: str) -> str:
    """The reason as it follows the epoch, which is not named again."""
    for word in ("At", "From"):
        when = f"{word} {unit} {epoch} "
        if reason.startswith(when):
            return capitalized(reason[len(when) :])
    lately = f"From {unit} {epoch - 1} to {epoch} "
    return f"In the last {unit} {reason[len(lately) :]}" if reason.startswith(lately) else reason
