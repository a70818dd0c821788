"""What the runs of a study are called: by what each was given that others were not."""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, final

from steepest.descent.optimizers import Optimizer
from steepest.descent.serialization import optimizer_data
from steepest.path.path import DescentPath

# Letters of a number in a label; what is longer was hardly typed.
_SHORT = 6


@final
@dataclass(frozen=True, eq=False)
class Choice:
    """What one run was given: `start` (d,), and `batch_size` rows to an update, None for all."""

    optimizer: Optimizer
    lr: Any
    start: Sequence[float]
    batch_size: int | None = None

    def words(self, digits: int = 3) -> dict[str, str]:
        """A label for each choice; long numbers of a start have `digits` digits."""
        start = ", ".join(_short(float(value), digits) for value in self.start)
        size = self.batch_size
        return {
            "optimizer": optimizer_words(self.optimizer),
            "lr": f"lr {self.lr:.12g}" if isinstance(self.lr, float | int) else f"lr {self.lr}",
            "start": f"start {start}" if len(self.start) == 1 else f"start ({start})",
            "batch_size": "full batch" if size is None else f"batch {size}",
        }


def labels_of(choices: Sequence[Choice]) -> tuple[str, ...]:
    """A label for each run, made of what differs among the choices; no label stands twice."""
    for digits in (3, 6, 17):
        words = [choice.words(digits) for choice in choices]
        if len({tuple(each.values()) for each in words}) == len(words):
            break
    varied = [key for key in words[0] if len({each[key] for each in words}) > 1] or ["lr"]
    return distinct([", ".join(each[key] for key in varied) for each in words])


def distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels of which none stands twice.

    >>> distinct(["Adam", "SGD", "Adam"])
    ('Adam', 'SGD', 'Adam (2)')
    """
    seen: dict[str, int] = {}
    made = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        made.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(made)


def optimizer_words(optimizer: Optimizer) -> str:
    """The name, with the options that are not the usual ones.

    >>> from steepest.descent.optimizers import SGD
    >>> optimizer_words(SGD()), optimizer_words(SGD(momentum=0.9))
    ('SGD', 'SGD with momentum 0.9')
    """
    given = [
        f"{one.name} {getattr(optimizer, one.name)}"
        for one in fields(optimizer)
        if one.default is not MISSING and getattr(optimizer, one.name) != one.default
    ]
    return f"{optimizer.name} with {', '.join(given)}" if given else optimizer.name


def _short(value: float, digits: int) -> str:
    """A number as it was typed, or of a longer one so many digits.

    >>> _short(-1.25, 3), _short(2.0409172, 3), _short(2.0409172, 6)
    ('-1.25', '2.04', '2.04092')
    """
    plain = f"{value:.12g}"
    return plain if len(plain) <= _SHORT else f"{value:.{digits}g}"


def settings_of(path: DescentPath) -> dict[str, Any]:
    """Optimizer and learning rate of a path that was walked step by step, as plain data."""
    assert path.walk is not None
    return {"optimizer": optimizer_data(path.walk.optimizer), "lr": str(path.walk.schedule)}
