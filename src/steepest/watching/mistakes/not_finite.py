"""The first number that is not finite, and where it came from."""

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps
from steepest.watching.record.look import Source
from steepest.wording.numbers import number

_RAN_AWAY = 1e3
_STEEP = "Lower the learning rate, or clip the gradient by torch.nn.utils.clip_grad_norm_."


def not_finite(evidence: Evidence) -> list[Finding]:
    """A loss or a parameter that is nan or infinite: its source, or the update that made it so.

    Where the loop diverged before, that is why, and it is said by itself.
    """
    found = _found(evidence)
    if found is None or any(f.step <= found.step for f in exploding_over_steps(evidence)):
        return []
    return [found]


def _found(evidence: Evidence) -> Finding | None:
    source = evidence.source
    if source is not None and source.kind in ("loss", "module"):
        return _ran_away(evidence, source) or _of_source(source)
    broken = _first_broken_parameter(evidence)
    if broken is not None and (source is None or source.kind == "parameter"):
        return _of_update(*broken)
    return None if source is None else _of_source(source)


def _ran_away(evidence: Evidence, source: Source) -> Finding | None:
    """Where a parameter is a thousand times what it was: outputs so large overflow in any loss."""
    first = evidence.records[0].parameter_norms
    seen = [record for record in evidence.records if record.index <= source.index]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        growth = seen[-1].parameter_norms / np.maximum(first, np.sqrt(np.mean(np.square(first))))
    worst = int(np.nan_to_num(growth, posinf=0.0).argmax())
    if not growth[worst] > _RAN_AWAY:
        return None
    name = evidence.layout.tensors[worst]
    return Finding(
        "not finite",
        source.index,
        name,
        f"The loss is not finite at step {source.index}: the parameters have run away, {name} is "
        f"{number(float(growth[worst]))} times as large as at the start.",
        _STEEP,
    )


def _first_broken_parameter(evidence: Evidence) -> tuple[int, str] | None:
    for record in evidence.records:
        for tensor, norm in enumerate(record.parameter_norms):
            if not np.isfinite(norm):
                return record.index, evidence.layout.tensors[tensor]
    return None


def _of_source(source: Source) -> Finding:
    row = "" if source.row is None else f"row {source.row} of "
    text, fix = {
        "input": (
            f"the data: {row}the model's input holds {source.value}.",
            "Drop or fill such values before they reach the model.",
        ),
        "target": (
            f"the data: {row}the target holds {source.value}.",
            "Drop or fill such values before they reach the loss.",
        ),
        "parameter": (f"{source.name}, which holds {source.value}.", _STEEP),
        "module": (
            f"{source.name or 'the model itself'}, the first module that gives {source.value}, "
            "from inputs that are finite.",
            "Look for a logarithm or root of a number below 0, a division by 0 or an overflow "
            "in its forward.",
        ),
        "loss": (
            "the loss function: the model's output is finite.",
            "Take losses of logits, such as BCEWithLogitsLoss, and add a small number before a "
            "logarithm, root or division.",
        ),
    }[source.kind]
    return Finding(
        "not finite",
        source.index,
        source.name,
        f"The loss is not finite at step {source.index}; it comes from {text}",
        fix,
    )


def _of_update(index: int, name: str) -> Finding:
    return Finding(
        "not finite",
        max(index - 1, 0),
        name,
        f"{name} is not finite after step {max(index - 1, 0)}: its gradient or update was not.",
        _STEEP,
    )
