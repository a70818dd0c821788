"""Parameters that the loss is computed by and that no optimizer can hold."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.graph_leaves import Leaf, hidden_parameters
from steepest.watching.record.optimized_parameters import inner_module
from steepest.wording.fact import fact

_LOOKS = 2


def parameters_of_no_module(evidence: Evidence) -> Iterator[Finding]:
    """Layers in a Python list or dict, and tensors that are plain attributes."""
    if evidence.model is None:
        return
    seen = {id(leaf.now()) for leaf in _loose(evidence)} - {id(None)}
    held = evidence.others.held() if evidence.others is not None else frozenset()
    for name, tensor in hidden_parameters(inner_module(evidence.model)):
        if id(tensor) in seen and id(tensor) not in held:
            loose = fact("parameters of no module", name=name)
            yield Finding("parameters of no module", evidence.looks[0].index, loose, name)


def made_in_forward(evidence: Evidence) -> Iterator[Finding]:
    """Parameters in the loss's graph that are others at each look: those of before are gone."""
    looks = [look for look in evidence.looks if look.leaves is not None and look.leaves.held][1:]
    if len(looks) >= _LOOKS and all(look.gone for look in looks):
        anew = fact("made anew", shapes=looks[0].gone)
        yield Finding("layer made in forward", evidence.looks[0].index, anew)


def _loose(evidence: Evidence) -> Iterator[Leaf]:
    for look in evidence.looks:
        if look.leaves is not None:
            yield from (*look.leaves.others, *look.leaves.starts)
