"""The pass over float32 rows in memory against what the machine can do at most.

The roof is the greater of bytes / read bandwidth and operations / float64 matrix rate, both of them
measured in the same run with all cores. For n rows and q columns (the target is one) the operations
are n q (q + 1): the products are symmetric. With --crossing, also the compiled kernel against BLAS.
"""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
from measure import best_of, cores, linear_rows, options, report, verdict
from numpy.typing import NDArray

from steepest.moments import one_pass as gather
from steepest.moments.block_products import Kernel, compiled_products, tiled_products
from steepest.results.moments import Moments

NUMBERS = 40_000_000
MATRIX = 2000
COLUMNS = (10, 20, 200)
CROSSING = (5, 20, 100, 200, 500, 1000, 2000, 3000)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--numbers", type=int, default=NUMBERS, help="rows times columns")
    parser.add_argument("--crossing", action="store_true", help="the kernel against BLAS as well")
    chosen = parser.parse_args()
    rows = [roof(columns, chosen.numbers, chosen.rounds) for columns in COLUMNS]
    report("roofline", rows, as_json=chosen.json)
    if chosen.crossing:
        widths = [crossing(columns, chosen.numbers // 4, chosen.rounds) for columns in CROSSING]
        report("crossing", widths, as_json=chosen.json)


def roof(columns: int, numbers: int, rounds: int) -> dict[str, object]:
    """One table's pass, and the two limits measured in turns with it."""
    features, target = linear_rows(numbers // columns, columns)
    matrix = np.random.default_rng(0).standard_normal((MATRIX, MATRIX))
    with ThreadPoolExecutor(cores()) as pool:
        best = best_of(
            rounds,
            {
                "pass": lambda: Moments.of(features, target),
                "read": lambda: read(features, pool),
                "multiply": lambda: matrix @ matrix,
            },
        )
    size, width = features.nbytes + target.nbytes, columns + 1
    bandwidth, rate = features.nbytes / best["read"], 2.0 * MATRIX**3 / best["multiply"]
    limits = {"read": size / bandwidth, "multiply": len(features) * width * (width + 1) / rate}
    bound = max(limits, key=lambda name: limits[name])
    share = limits[bound] / best["pass"]
    return {
        "columns": columns,
        "rows": len(features),
        "GB/s": bandwidth / 1e9,
        "GFLOP/s": rate / 1e9,
        "read ms": 1e3 * limits["read"],
        "multiply ms": 1e3 * limits["multiply"],
        "pass ms": 1e3 * best["pass"],
        "bound by": bound,
        "share of the roof": share,
        "target": verdict(share, 0.3),
    }


def read(features: NDArray[np.float32], pool: ThreadPoolExecutor) -> None:
    """Read every number once, on all cores."""
    list(pool.map(np.max, np.array_split(features.reshape(-1), 4 * cores())))


def crossing(columns: int, numbers: int, rounds: int) -> dict[str, object]:
    """The same pass with either kernel."""
    features, target = linear_rows(max(4 * gather.block_rows(columns), numbers // columns), columns)

    def pass_with(kernel: Kernel) -> None:
        with mock.patch.object(gather, "choose_kernel", lambda *_: kernel):
            Moments.of(features, target)

    kernels = {"compiled": compiled_products, "BLAS": tiled_products}
    best = best_of(rounds, {name: lambda k=k: pass_with(k) for name, k in kernels.items()})
    return {
        "columns": columns,
        "compiled ms": 1e3 * best["compiled"],
        "BLAS ms": 1e3 * best["BLAS"],
        "BLAS / compiled": best["BLAS"] / best["compiled"],
    }


if __name__ == "__main__":
    main()
