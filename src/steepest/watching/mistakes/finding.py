"""A mistake that was found."""

from dataclasses import dataclass
from typing import final

from steepest.errors import printable
from steepest.wording.fact import Fact, fact, phrase


@final
@dataclass(frozen=True)
class Finding:
    """A mistake: its `kind`, the `step` where it shows first, the `tensor` or module it is in.

    `fact` is what is wrong and `remedy` what to do, by default what helps against its kind; `text`
    and `fix` are their sentences. `tensor` is "" where the mistake is in none.

    >>> from steepest.wording.fact import fact
    >>> mistake = fact("left in eval mode", step=3, layers=("dropout",))
    >>> print(Finding("eval mode", 3, mistake))
    Step 3: The model is in eval mode since step 3: its dropout does not train. Call model.train() \
before training goes on.
    """

    kind: str
    step: int
    fact: Fact
    tensor: str = ""
    own_remedy: Fact | None = None

    @property
    def remedy(self) -> Fact:
        """What to do."""
        return self.own_remedy or fact("remedy", of=self.kind)

    @property
    def text(self) -> str:
        """What is wrong, in a sentence."""
        return str(self.fact)

    @property
    def fix(self) -> str:
        """What to do, in a sentence."""
        return str(self.remedy)

    def __str__(self) -> str:
        return printable(phrase("mistake at", step=self.step, text=self.text, fix=self.fix))

    def __repr__(self) -> str:
        return f"Finding({self})"

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "kind": self.kind,
            "step": self.step,
            "tensor": self.tensor,
            "text": self.text,
            "fix": self.fix,
            "fact": self.fact.to_dict(),
            "remedy": self.remedy.to_dict(),
        }
