"""A verdict in a line: its kind and epoch before its sentences."""

from steepest.wording.numbers import capitalized, count


def headline(kind: str, epoch: int, unit: str, reason: str, advice: str) -> str:
    """The whole verdict in a line."""
    why = reason_since(epoch, unit, reason)
    return f"{capitalized(kind)} at {unit} {count(epoch)}: {why} {advice}".strip()


def verdict_at(kind: str, unit: str, epoch: int) -> str:
    """The verdict without its reason."""
    return f"{capitalized(kind)} at {unit} {count(epoch)}."


def reason_since(epoch: int, unit: str, reason: str) -> str:
    """The reason as it follows the epoch, which is not named again."""
    for word in ("At", "From"):
        when = f"{word} {unit} {epoch} "
        if reason.startswith(when):
            return capitalized(reason[len(when) :])
    lately = f"From {unit} {epoch - 1} to {epoch} "
    return f"In the last {unit} {reason[len(lately) :]}" if reason.startswith(lately) else reason


def mistake_at(step: int, text: str, fix: str) -> str:
    """A mistake of a loop in a line."""
    return f"Step {step}: {text} {fix}"
