"""Steps without a gradient, and gradients without a step."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

_ENOUGH = 3


def recording_ended(evidence: Evidence) -> Iterator[Finding]:
    """No mistake of the loop's: something in it could not be read, and the recording ended."""
    if evidence.faults:
        last = evidence.records[-1].index if evidence.records else 0
        ended = fact("recording ended", step=last, error=evidence.faults[0])
        yield Finding("recording ended", last, ended)


def another_optimizer(evidence: Evidence) -> Iterator[Finding]:
    """Steps of an optimizer that is not watched, and none of a watched one since."""
    others = evidence.others
    if others is not None and others.steps >= _ENOUGH:
        since = evidence.records[-1].index if evidence.records else 0
        moved = fact(
            "another optimizer", step=since, name=others.kind, steps=others.steps, made=others.made
        )
        yield Finding("another optimizer", since, moved)


def another_model(evidence: Evidence) -> Iterator[Finding]:
    """A loss of parameters of which the optimizers hold none."""
    if evidence.hand_written is not None or any(map(_got_gradients, evidence.steps)):
        return
    leaves = [look.leaves for look in evidence.looks if look.leaves is not None]
    if leaves and all(not each.held and each.others and each.whole for each in leaves):
        first = leaves[0]
        anew = any(look.gone for look in evidence.looks)
        others = fact("loss of another model", tensors=len(first.others), anew=anew)
        yield Finding("another model", evidence.looks[0].index, others)


def loss_leads_elsewhere(evidence: Evidence) -> Iterator[Finding]:
    """A loss whose graph begins behind the parameters, or that has none."""
    if evidence.hand_written is not None or any(map(_got_gradients, evidence.steps)):
        return
    for look in evidence.looks:
        leaves = look.leaves
        if leaves is not None and (leaves.held or leaves.others or not leaves.whole):
            return
    if any(look.leaves is not None for look in evidence.looks):
        first = next(look for look in evidence.looks if look.leaves is not None)
        assert first.leaves is not None
        begins = fact("loss begins at", shape=first.leaves.starts[0].shape)
        yield Finding("loss leads elsewhere", first.index, begins)
    elif any(look.severed for look in evidence.looks):
        first = next(look for look in evidence.looks if look.severed)
        remedy = fact("reconnect the loss", where=first.severed)
        severed = fact("loss without graph", where=first.severed)
        yield Finding("loss leads elsewhere", first.index, severed, own_remedy=remedy)


def _got_gradients(step: Record) -> bool:
    return step.backwards != 0


def step_without_backward(evidence: Evidence) -> Iterator[Finding]:
    """Steps before which no gradient came since the step before."""
    for steps in evidence.by_optimizer:
        alone = [step for step in steps if step.backwards == 0 and any(step.held)]
        if len(alone) > 1:
            first = alone[0].index
            last = alone[-1]
            pairs = zip(last.gradient_norms, last.held, strict=True)
            stale = any(norm > 0.0 for norm, is_own in pairs if is_own)
            missing = fact(
                "step without backward", step=first, stale=stale, steps=len(alone), of=len(steps)
            )
            held = [look.leaves.held for look in evidence.looks if look.leaves is not None]
            leads = len(evidence.optimizers) == 1 and any(held)
            remedy = fact("remedy", of="backward of the loss") if leads else None
            if len(alone) < len(steps):
                remedy = fact("remedy", of="step for each backward")
            yield Finding("step without backward", first, missing, own_remedy=remedy)
            return


def backward_without_step(evidence: Evidence) -> Iterator[Finding]:
    """Backward passes, and no step at all."""
    passes = max(evidence.pending, default=0)
    if not evidence.steps and passes >= _ENOUGH:
        yield Finding("backward without step", 0, fact("backward without step", passes=passes))
