"""What is said below pictures of studies, searches, graphs and loops, or in their place."""

from steepest.wording.numbers import number, percent


def runs_on_axes(runs: int) -> str:
    return f"{runs} runs"


def contours_with_runs(runs: int) -> str:
    return f"contours with {runs} runs"


def path_on_the_curve(label: str, outcome: str) -> str:
    return f"The path of {label} on the curve: {outcome}"


def squares_and_diamonds() -> str:
    return "Squares are starts, diamonds the last steps."


def marks_on_curves() -> str:
    return (
        "Square: the start; dots: the steps; diamond: the last one; plus: the minimum; short "
        "lines: tangents; cross: the objective is undefined."
    )


def some_points_shown() -> str:
    return "Not every point of the grid is drawn."


def many_nodes(count: int) -> str:
    return f"{count} nodes are hard to read in one picture; text() lists them."


def no_curvature_measured() -> str:
    return "No curvature was measured: watch(…, curvature_every=100) measures every 100 steps."


def curvature_measured(
    step: int, largest: float, share: float, measurements: int, products: int
) -> str:
    return (
        f"At step {step} λmax is {number(largest)} on the batch seen last, and the learning rate "
        f"{number(share)} of the stable one. {measurements} measurements took {products} "
        f"Hessian-vector products, about {2 * products} backward passes."
    )


def eigenvalues(
    count: int, low: float, high: float, negative: float, sum: float, products: int
) -> str:
    return (
        f"{count} eigenvalues from {number(low)} to {number(high)}, about {percent(negative)} "
        f"of them below 0; their sum is about {number(sum)}. It took {products} Hessian-vector "
        "products."
    )


def landscape_cost(runs: int) -> str:
    return f"It took {runs:,} runs of the model on the batch seen last."


def landscape_contours() -> str:
    return "contours of the objective on a plane, with the steps of the loop on it"


def model_too_large_for_a_landscape(operations: float) -> str:
    return (
        f"One run of the model takes {number(operations)} operations: "
        'run.plot("landscape") draws what would be here.'
    )
