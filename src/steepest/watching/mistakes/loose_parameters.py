"""Parameters that the loss is computed by and that no optimizer can hold."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.graph_leaves import Leaf, hidden_parameters
from steepest.watching.record.optimized_parameters import inner_module
from steepest.wording.fact import fact


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
    looks = [look for look in evidence.looks if look.leaves is not None and look.leaves.held]
    before = looks[:-1]
    if len(before) < 2:
        return
    gone = [[leaf for leaf in look.leaves.others if leaf.now() is None] for look in before]  # type: ignore[union-attr]  # chosen above
    if all(gone):
        shapes = tuple(leaf.shape for leaf in gone[0])
        yield Finding("layer made in forward", before[0].index, fact("made anew", shapes=shapes))


def _loose(evidence: Evidence) -> Iterator[Leaf]:
    for look in evidence.looks:
        if look.leaves is not None:
            yield from (*look.leaves.others, *look.leaves.starts)
