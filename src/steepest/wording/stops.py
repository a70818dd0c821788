"""What ended a descent: the part of a sentence that says so, without capital and full stop."""

from steepest.wording.template import filled

# What rules are called.
NOUNS = (
    *("epochs", "relative tolerance", "gradient norm", "patience", "time limit", "settled"),
    *("diverged", "interrupted", "line search", "duality gap", "decrement", "long steps"),
)

TEMPLATES = {
    "default limit reached": "the limit of {epochs} epochs, where none is asked for, was reached",
    "every direction settled": "every direction has settled",
    "objective not finite": "the objective is not finite at epoch {epoch}",
    "gradient norm reached": (
        "at epoch {epoch} the gradient norm was {norm:.6g}, at most {tolerance:g}"
    ),
    "time limit reached": (
        "the time limit of {seconds:g} s was reached at epoch {epoch}, after {elapsed:.3g} s"
    ),
    "no rate led lower": (
        "from epoch {epoch} no rate that the line search tried led to a lower point"
    ),
    # `gap`: how far the objective may be above its minimum.
    "duality gap closed": (
        "at epoch {epoch} the duality gap was {gap:.3g}: the objective, {objective:.6g}, is no "
        "further above its minimum"
    ),
    # `left`: about how far the objective is above its minimum.
    "no step led on": (
        "from epoch {epoch} no step led on: about {left:.3g} of the objective, {objective:.6g}, "
        "may be left"
    ),
    "rule that ended": "{rule}: {reason}",
    "ctrl c pressed": "Ctrl-C was pressed",
    "epochs made": "[count=1?the 1 epoch was made|all {count} epochs asked for were made]",
    # `objective`: "inf" or "nan"; empty where it is the gradient that is not finite.
    "no longer finite": (
        "at epoch {epoch} the [objective?objective was {objective},|gradient was] no longer a "
        "finite number"
    ),
    "reading interrupted": (
        "reading was interrupted after [rows=1?1 row, which was|{rows: row}, which were] fitted"
    ),
}


def objective_hardly_changed(epoch: int, change: float, tolerance: float, objective: float) -> str:
    return filled(
        "from epoch {before} to {epoch} the objective changed by {change:.6g}, at most "
        "{tolerance:g} of its value {objective:.6g}",
        before=epoch - 1,
        epoch=epoch,
        change=change,
        tolerance=tolerance,
        objective=objective,
    )


def objective_hardly_fell(epoch: int, change: float, tolerance: float, fall: float) -> str:
    """`fall`: from the start on."""
    return filled(
        "from epoch {before} to {epoch} the objective changed by {change:.6g}, at most "
        "{tolerance:g} of the {fall:.6g} that it has fallen",
        before=epoch - 1,
        epoch=epoch,
        change=change,
        tolerance=tolerance,
        fall=fall,
    )


def no_new_lowest(lowest: float, epoch: int, since: int) -> str:
    return filled(
        "the objective has not fallen below {lowest:.6g}, reached at epoch {since}, for {epochs} "
        "epochs",
        lowest=lowest,
        since=since,
        epochs=epoch - since,
    )
