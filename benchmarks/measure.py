"""What the benchmarks share: made-up rows, timing side by side, and the table at the end."""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, object]
PAUSE = 0.2
# Before the benchmark began: well above 0 the machine was busy, which slows the sides unequally.
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def options(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows --json and --rounds."""
    lines = (description or "").strip().splitlines()
    parser = argparse.ArgumentParser(description=lines[0] if lines else None)
    parser.add_argument("--json", action="store_true", help="print numbers instead of a table")
    parser.add_argument("--rounds", type=int, default=7, help="the best of so many is taken")
    parser.add_argument("--one-core", action=_OneCore, help="processor time, for a busy machine")
    return parser


class _OneCore(argparse.Action):
    """Everyone has one core and one thread, and its processor time counts: what else the machine
    does is then left out, but for the caches.
    """

    clock: ClassVar[Callable[[], float]] = time.perf_counter

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, nargs=0, **kwargs)

    def __call__(self, *_: Any) -> None:
        from threadpoolctl import threadpool_limits

        _OneCore.clock = time.process_time
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        threadpool_limits(1)


def best_of(rounds: int, candidates: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The best time in seconds of each candidate; all take turns, after one turn to warm up.

    What else the machine does then falls on all of them, and the ratios stand. A pause lets the
    threads of the one before, which spin for a while in the hope of more work, go to sleep.
    """
    best = dict.fromkeys(candidates, float("inf"))
    for turn in range(rounds + 1):
        for name, candidate in candidates.items():
            time.sleep(PAUSE)
            start = _OneCore.clock()
            candidate()
            seconds = _OneCore.clock() - start
            if turn:
                best[name] = min(best[name], seconds)
    return best


def linear_rows(
    rows: int, columns: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features (rows, columns) and a noisy linear target (rows,), float32."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns), dtype=np.float32)
    slopes = rng.uniform(-2.0, 2.0, columns).astype(np.float32)
    noise = rng.standard_normal(rows, dtype=np.float32)
    return features, features @ slopes + np.float32(3.0) + noise


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of a child starts at what its parent held
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def verdict(value: float, target: float, *, at_least: bool = True) -> str:
    """Whether a target was met, and which."""
    met = value >= target if at_least else value <= target
    return f"{'met' if met else 'missed'} ({'>=' if at_least else '<='} {target:g})"


def report(title: str, rows: Sequence[Row], *, as_json: bool, **facts: object) -> None:
    """Print the rows as a table, or everything as JSON."""
    about = {"cores": cores(), "load before": round(LOAD, 1), **facts}
    if as_json:
        print(json.dumps({"benchmark": title, **about, "rows": rows}, default=_plain, indent=2))
        return
    print(f"\n{title}   ({', '.join(f'{name} {_text(value)}' for name, value in about.items())})\n")
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_text(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> object:
    return value.item()
