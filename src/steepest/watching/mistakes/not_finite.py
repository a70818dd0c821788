"""The first number that is not finite, and where it came from."""

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps
from steepest.watching.record.not_finite_source import Source
from steepest.wording.fact import fact

_RAN_AWAY = 1e3


def not_finite(evidence: Evidence) -> list[Finding]:
    """A loss or a parameter that is nan or infinite: its source, or the update that made it so.

    Where the loop diverged before, that is why, and it is said by itself.
    """
    finding = _first(evidence)
    if finding is None or any(f.step <= finding.step for f in exploding_over_steps(evidence)):
        return []
    return [finding]


def _first(evidence: Evidence) -> Finding | None:
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
        fact("parameters ran away", step=source.index, name=name, growth=float(growth[worst])),
    )


def _first_broken_parameter(evidence: Evidence) -> tuple[int, str] | None:
    for record in evidence.records:
        for tensor, norm in enumerate(record.parameter_norms):
            if not np.isfinite(norm):
                return record.index, evidence.layout.tensors[tensor]
    return None


def _of_source(source: Source) -> Finding:
    values = {"source": source.kind, "name": source.name, "row": source.row, "value": source.value}
    remedy = None
    if source.kind != "parameter":
        remedy = fact("remedy", of=f"not finite {source.kind}")
    return Finding(
        "not finite",
        source.index,
        source.name,
        fact("loss not finite", step=source.index, **values),
        remedy,
    )


def _of_update(index: int, name: str) -> Finding:
    step = max(index - 1, 0)
    return Finding(
        "not finite",
        step,
        name,
        fact("parameter not finite", step=step, name=name),
    )
