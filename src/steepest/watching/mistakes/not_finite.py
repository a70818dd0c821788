"""The first number that is not finite, and where it came from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps
from steepest.watching.record.not_finite_source import Source
from steepest.watching.record.origin import Origin
from steepest.wording.fact import Fact, fact

_RAN_AWAY = 1e3
_SPREADS = ("std", "var", "std_mean", "var_mean")
_FAMILIES = {
    "root": ("sqrt", "rsqrt", "norm", "vector_norm", "matrix_norm", "hypot", "std", "dist"),
    "power": ("pow", "float_power"),
    "log": ("log", "log2", "log10", "log1p", "logit", "xlogy"),
    "division": ("div", "reciprocal", "true_divide", "remainder"),
    "exp": ("exp", "exp2", "expm1", "sinh", "cosh"),
    "arc": ("acos", "arccos", "asin", "arcsin", "atanh", "arctanh", "acosh", "arccosh", "erfinv"),
    "row of softmax": (
        *("softmax", "log_softmax", "scaled_dot_product_attention"),
        "multi_head_attention_forward",
    ),
}


def not_finite(evidence: Evidence) -> Iterator[Finding]:
    """A loss or a parameter that is nan or infinite: its source, or the update that made it so.

    Nothing where the loop diverged before: that is a finding of its own, and explains it. Nor where
    it left out a batch or step of that kind, and went on.
    """
    first = None if _went_on(evidence) else _first(evidence)
    if first and not any(each.step <= first.step for each in exploding_over_steps(evidence)):
        yield first


def _went_on(evidence: Evidence) -> bool:
    """Whether a step after the source had a finite loss, and all parameters are finite still."""
    source, last = evidence.source, evidence.records[-1] if evidence.records else None
    if source is None or last is None or not np.isfinite(last.parameter_norms).all():
        return False
    curves = [np.flatnonzero(curve.steps > source.index) for curve in evidence.curves]
    after = [curve.values[later] for curve, later in zip(evidence.curves, curves, strict=True)]
    return any(map(len, after)) and all(np.isfinite(values[-1]) for values in after if len(values))


def _first(evidence: Evidence) -> Finding | None:
    source = evidence.source
    if source is not None and source.kind not in ("input", "target", "parameter"):
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
    if source.origin is not None:
        return _of_origin(source, source.origin)
    if source.kind == "gradient":
        born = fact("gradient not finite", step=source.index, name=source.name, loss=source.loss)
        return Finding("not finite", source.index, born, source.name, _remedy("backward"))
    values = {"source": source.kind, "name": source.name, "row": source.row, "value": source.value}
    origin = fact("loss not finite", step=source.index, **values)
    own = None if source.kind == "parameter" else _remedy(source.kind)
    return Finding("not finite", source.index, origin, source.name, own)


def _of_origin(source: Source, origin: Origin) -> Finding:
    where = {
        "operation": origin.operation,
        "value": origin.value,
        "count": origin.count,
        "size": origin.size,
        "module": origin.module,
        "place": origin.line.place,
        "text": origin.line.text,
    }
    if origin.is_outside:
        outside = fact("brought in not finite", step=source.index, row=origin.row, **where)
        return Finding("not finite", source.index, outside, origin.module, _remedy("input"))
    born = fact(
        "born in backward" if origin.backward else "born in forward",
        step=source.index,
        given=origin.given,
        numbers=origin.kind,
        **where,
        **({"unused": origin.unused} if origin.backward else {}),
    )
    return Finding("not finite", source.index, born, origin.module, _remedy(_family(origin)))


def _family(origin: Origin) -> str:
    """Of an operation what helps: a name of a remedy."""
    if origin.backward and origin.unused:
        return "unused"
    if origin.operation in _SPREADS and not origin.backward and origin.value == "nan":
        return "spread"  # of finite numbers it is nan where there are too few alone
    own = next((name for name, of in _FAMILIES.items() if origin.operation in of), "operation")
    if origin.kind == "float16" and (own in ("operation", "exp") or _is_too_large(origin)):
        return "half"
    if own in ("root", "power", "division") and _is_too_large(origin):
        return "overflow"
    if own == "log" and "softmax" in origin.after:
        return "log of softmax"
    if own == "log" and "sigmoid" in origin.after:
        return "log of sigmoid"
    return own


def _is_too_large(origin: Origin) -> bool:
    """Whether finite numbers that are not 0 gave an infinite one: no pole is there, but the end of
    the type. A norm's own numbers are not known: forward, it has no pole.
    """
    norm = "norm" in origin.operation
    not_at_0 = all(origin.given) if origin.given else norm
    return not origin.backward and "inf" in origin.value and not_at_0


def _remedy(of: str) -> Fact:
    return fact("remedy", of=f"not finite {of}")


def _of_update(evidence: Evidence) -> Finding | None:
    """The update that led to the first parameter that is not finite."""
    before = -1
    for record in evidence.records:
        broken = np.flatnonzero(~np.isfinite(record.parameter_norms))
        if len(broken) and record.index > before + 1 and before >= 0:
            return _between(evidence, before, record.index, evidence.layout.tensors[broken[0]])
        if len(broken):
            return _of_step(evidence, max(record.index - 1, 0), int(broken[0]))
        before = record.index
    return None


def _between(evidence: Evidence, first: int, last: int, name: str) -> Finding:
    """A parameter that is not finite since a step that was not recorded: the losses, which are kept
    of every step, tell which it was.
    """
    lost = evidence.loss_lost
    lost = lost if lost is not None and first < lost <= last else None
    between = fact("not finite between", first=first, last=last, name=name, loss=lost)
    return Finding("not finite", first if lost is None else lost, between, name, _remedy("between"))


def _of_step(evidence: Evidence, step: int, tensor: int) -> Finding:
    """What is known of the update that made a parameter not finite."""
    name = evidence.layout.tensors[tensor]
    made = next((each for each in evidence.steps if each.index == step), None)
    was_finite = None if made is None else bool(np.isfinite(made.gradient_norms[tensor]))
    known = fact("parameter not finite", step=step, name=name, gradient_finite=was_finite)
    remedy, eps = None, None if was_finite is False else _vanishing_eps(evidence, name)
    if eps is not None:
        known = fact("parameter not finite", **{**known.values, **eps})
        remedy = _remedy("eps" if eps["eps"] else "no eps")
    return Finding("not finite", step, known, name, remedy)


def _vanishing_eps(evidence: Evidence, name: str) -> dict[str, Any] | None:
    """What the optimizer adds to its divisor, where that is 0 in the parameter's own numbers."""
    tensor = dict(evidence.named).get(name)
    if tensor is None:
        return None
    for optimizer in evidence.optimizers:
        for group in optimizer.param_groups:
            eps = group.get("eps")
            if eps is None or not any(each is tensor for each in group["params"]):
                continue
            if not float(torch.tensor(float(eps), dtype=tensor.dtype)):
                kind = str(tensor.dtype).removeprefix("torch.")
                return {"optimizer": type(optimizer).__name__, "eps": float(eps), "numbers": kind}
    return None
