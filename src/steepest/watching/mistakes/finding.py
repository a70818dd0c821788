"""A mistake that was found."""

from dataclasses import asdict, dataclass
from typing import final

from steepest.errors import printable


@final
@dataclass(frozen=True)
class Finding:
    """A mistake: its `kind`, the `step` where it shows first, the `tensor` or module it is in.

    `text` says what is wrong and `fix` what to do, each in a sentence. `tensor` is "" where the
    mistake is in none.

    >>> print(Finding("eval mode", 3, "", "The model is in eval mode.", "Call model.train()."))
    Step 3: The model is in eval mode. Call model.train().
    """

    kind: str
    step: int
    tensor: str
    text: str
    fix: str

    def __str__(self) -> str:
        return printable(f"Step {self.step}: {self.text} {self.fix}")

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)
