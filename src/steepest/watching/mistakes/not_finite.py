"""The first number that is not finite, and where it came from."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps
from steepest.watching.record.not_finite_source import Source
from steepest.wording.fact import fact

_RAN_AWAY = 1e3


def not_finite(evidence: Evidence) -> Iterator[Finding]:
    """A loss or a parameter that is nan or infinite: its source, or the update that made it so.

    Nothing where the loop diverged before: that is a finding of its own, and explains it.
    """
    first = _first(evidence)
    if first and not any(each.step <= first.step for each in exploding_over_steps(evidence)):
        yield first


def _first(evidence: Evidence) -> Finding | None:
    source = evidence.source
    if source is not None and source.kind in ("loss", "module"):
        return _ran_away(evidence, source) or _of_source(source)
    if source is None or source.kind == "parameter":
        update = _of_update(evidence)
        if update is not None:
            return update
    return None if source is None else _of_source(source)


def _ran_away(evidence: Evidence, source: Source) -> Finding | None:
    """A parameter that is a thousand times what it was: outputs so large overflow in any loss."""
    first = evidence.records[0].parameter_norms
    seen = [record for record in evidence.records if record.index <= source.index]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        growth = seen[-1].parameter_norms / np.maximum(first, np.sqrt(np.mean(np.square(first))))
    worst = int(np.nan_to_num(growth, posinf=0.0).argmax())
    if not growth[worst] > _RAN_AWAY:
        return None
    name = evidence.layout.tensors[worst]
    ran_away = fact(
        "parameters ran away", step=source.index, name=name, growth=float(growth[worst])
    )
    return Finding("not finite", source.index, ran_away, name)


def _of_source(source: Source) -> Finding:
    values = {"source": source.kind, "name": source.name, "row": source.row, "value": source.value}
    origin = fact("loss not finite", step=source.index, **values)
    remedy = None
    if source.kind != "parameter":
        remedy = fact("remedy", of=f"not finite {source.kind}")
    return Finding("not finite", source.index, origin, source.name, remedy)


def _of_update(evidence: Evidence) -> Finding | None:
    """The update that led to the first parameter that is not finite."""
    for record in evidence.records:
        broken = np.flatnonzero(~np.isfinite(record.parameter_norms))
        if len(broken):
            step, name = max(record.index - 1, 0), evidence.layout.tensors[broken[0]]
            update = fact("parameter not finite", step=step, name=name)
            return Finding("not finite", step, update, name)
    return None
