"""What is said below pictures of studies, searches, graphs and loops, or in their place."""

from steepest.wording.template import filled

TEMPLATES = {
    "squares and diamonds": "Squares are starts, diamonds the last steps.",
    "marks on curves": (
        "Square: the start; dots: the steps; diamond: the last one; plus: the minimum; short "
        "lines: tangents; cross: the objective is undefined."
    ),
    "some points shown": "Not every point of the grid is drawn.",
    "many nodes": "{count} nodes are hard to read in one picture; text() lists them.",
    "no curvature measured": (
        "No curvature was measured: watch(…, curvature_every=100) measures every 100 steps."
    ),
    "eigenvalues": (
        "{count} eigenvalues from {low:number} to {high:number}, about {negative:percent} of them "
        "below 0; their sum is about {sum:number}. It took {products} Hessian-vector products."
    ),
    "landscape cost": "It took {runs:, run} of the model on the batch seen last.",
    "model too large for a landscape": (
        'One run of the model takes {operations:number} operations: run.plot("landscape") draws '
        "what would be here."
    ),
}


def curvature_measured(
    step: int, largest: float, share: float, measurements: int, products: int
) -> str:
    return filled(
        "At step {step} λmax is {largest:number} on the batch seen last, and the learning rate "
        "{share:number} of the stable one. {measurements} measurements took {products} "
        "Hessian-vector products, about {passes} backward passes.",
        step=step,
        largest=largest,
        share=share,
        measurements=measurements,
        products=products,
        passes=2 * products,
    )
