"""What is said below pictures of fits, or in their place."""

TEMPLATES = {
    "no feature was left": "There is no coefficient to draw: no feature was left.",
    "coefficients too large": "The coefficients are too large to be drawn.",
    "lines per spread": (
        "Each line is what one {spread} of a feature adds; the dashed line is the choice."
    ),
    "largest lines named": "The {named} largest of {of} at the choice have names.",
    "lines leave picture": "Lines leave the picture where weaker penalties let them grow.",
    "band is standard error": (
        "The loss is the mean of {folds} folds, and the band one standard error of that mean."
    ),
    "bars per spread": "Bars show what one {spread} of the feature adds.",
    "bars are intervals": "Bars are 95 % intervals.",
    "largest coefficients": "The {shown} largest of {of} are shown.",
    "line needs one feature": "A line is drawn for a fit on one feature; this one has {count}.",
    "mean is a curve": "The mean of {loss} loss is a curve, not a line.",
    "line too far away": "The line of epoch {epoch:count} is too far away to be drawn.",
    "predictions too large": "The predictions are too large to be drawn beside the rows.",
    # How many rows of a sample are shown.
    "some rows shown": "{shown:,} of {of:,} rows are shown.",
    "noise needs squared loss": (
        "The noise is drawn for squared loss, which is that of normal noise."
    ),
    "noise of weighted rows": "The rows are weighted: their noise has no single density.",
    "density needs rows": "A density is drawn for {fewest} rows or more; there are {rows}.",
    "fit leaves no noise": "The fit goes through every row: there is no noise to draw.",
    # `one`, `two`: the shares of the residuals within one and two deviations.
    "size of noise": (
        "σ = {deviation:number} is estimated from the residuals. {one:percent} of them lie within "
        "± σ and {two:percent} within ± 2σ; of normal noise 68 % and 95 % do."
    ),
    "rows measured": "{rows:,} {where}.",
    "only the loss was measured": (
        "The rows stayed in their engine: nothing but their loss was measured."
    ),
    "no probabilities": (
        "The loss gives no probabilities that could be compared with what happened."
    ),
    "no finite probabilities": "There are no finite probabilities to compare with what happened.",
    "roc curve needs two classes": (
        "A ROC curve is of two classes; of several it would be one for each."
    ),
    "rows of one class": "The rows do not hold both classes, so that none can be told apart.",
    "area under curve": "area {area:.4g}",
    "area of binned scores": "The area is right to ±{error:.1g}: scores were counted in cells.",
    "predictions are no numbers": "The predictions are no numbers, so that no class can be told.",
    "fields hold weights": "Fields hold their weights.",
    "heaviest classes": "The {shown} heaviest of {of} classes are told apart.",
    "coefficients are zero": "{zeros} of {of: coefficient} [zeros=1?is|are] exactly 0.",
    "rows in groups": (
        "{rows:,} {where} in [groups=1?one group|{groups} groups] by predicted probability. Bars "
        "are 95 % intervals (Wilson)."
    ),
}
