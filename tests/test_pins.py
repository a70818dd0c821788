"""constraints.txt pins whatever an installation of steepest with all its extras brings along."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
# torch's metadata pins the libraries of its GPU builds itself, each to one version.
PINNED_BY_TORCH = re.compile(r"nvidia-|cuda-|triton")


def test_every_package_is_pinned_to_one_version() -> None:
    pins = {
        canonicalize_name(pin.name): str(pin.specifier)
        for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for pin in [Requirement(line)]
    }
    assert [name for name, version in pins.items() if not version.startswith("==")] == []
    needed = {name for name in closure("steepest") if not PINNED_BY_TORCH.match(name)}
    assert needed - set(pins) == {"steepest"}


def closure(root: str) -> set[str]:
    """All installed packages that `root` with all its extras needs, however indirectly."""
    seen: set[str] = set()
    waiting = [(root, frozenset(distribution(root).metadata.get_all("Provides-Extra") or ()))]
    while waiting:
        name, extras = waiting.pop()
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # of an extra that is not installed here
        seen.add(canonicalize_name(name))
        for requirement in map(Requirement, requires):
            if applies(requirement, extras) and canonicalize_name(requirement.name) not in seen:
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return seen


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})
