"""A fit of any loss as text for the terminal, and as plain data for JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from steepest.descent.serialization import optimizer_data
from steepest.errors import printable
from steepest.models.labels import is_of_classes
from steepest.models.summary import bullet, finite, labelled
from steepest.path.minibatch_path import MinibatchPath
from steepest.wording.numbers import counted, epochs, rate
from steepest.wording.text_table import text_table

if TYPE_CHECKING:
    from steepest.results.linear_fit import LinearFit

# Classes whose coefficients stand side by side; of more, the table would leave the terminal.
_MOST_CLASSES = 6


def summarize(fit: "LinearFit") -> str:
    """What was read and done, forecast and verdict, metrics, and the table of coefficients."""
    parts = [
        _rows(fit),
        labelled("Forecast", str(fit.forecast)),
        labelled("Verdict", _verdict(fit)),
        _descent(fit),
        _metrics(fit),
        _coefficients(fit),
    ]
    return "\n\n".join(part for part in parts if part)


def to_dict(fit: "LinearFit") -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    held, settings = fit.held_out, fit.settings
    data: dict[str, Any] = {
        "target": fit.target,
        "source": fit.description,
        "rows": fit.rows,
        "notes": list(fit.notes),
        "loss": str(fit.loss),
        "l1": settings.l1,
        "ridge": settings.shared.ridge,
        "classes": None if fit.classes is None else list(fit.classes),
        "coefficients": fit.coefficients,
        "intercept": fit.intercept,
        "zeros": fit.zeros,
        "initial_objective": fit.initial_objective,
        "objective": fit.objective,
        "epochs": fit.epochs,
        "updates": fit.step.index,
        "batch_size": settings.batch_size,
        "learning_rate": fit.learning_rate,
        "optimizer": optimizer_data(settings.shared.optimizer),
        "verdict": fit.verdict.to_dict(),
        "forecast": fit.forecast.to_dict(),
        "metrics": fit.metrics.to_dict(),
        "validation": None
        if held is None or fit.validation_metrics is None
        else {**asdict(held), "metrics": fit.validation_metrics.to_dict()},
    }
    cleaned: dict[str, object] = finite(data)
    return cleaned


def _rows(fit: "LinearFit") -> str:
    used, shared = len(fit.features), fit.settings.shared
    scale = "standardised for the descent" if shared.standardize else "descent on raw features"
    lines = [
        printable(fit.description),
        f"{fit.rows} rows, {used} feature{'s' * (used != 1)}; {scale}; {_asked(fit)}",
    ]
    lines += [line for note in fit.notes for line in bullet(note)]
    return "\n".join(lines)


def _asked(fit: "LinearFit") -> str:
    """Loss and penalty in words."""
    settings = fit.settings
    strengths = [("L1", settings.l1), ("ridge", settings.shared.ridge)]
    said = [f"{name} {strength:g}" for name, strength in strengths if strength]
    if settings.positive:
        said.append("coefficients of 0 or more")
    return ", ".join([f"{str(fit.loss).replace(':', ' ')} loss", *said])


def _verdict(fit: "LinearFit") -> str:
    said = str(fit.verdict)
    if fit.settings.average:
        return f"{said} The fit's parameters are the mean of those after the first epoch."
    if fit.step.index != fit.path.epochs:
        said += (
            f" Early stopping: epoch {fit.epochs} has the lowest held-out loss, and its parameters "
            "are the fit's."
        )
    return said


def _descent(fit: "LinearFit") -> str:
    done = epochs(fit.epochs)
    if isinstance(fit.path, MinibatchPath):
        done += f" {_updates(fit, fit.path)},"
    return (
        f"Descent   {done} at learning rate {rate(fit.learning_rate)}: objective "
        f"{fit.initial_objective:.7g} → {fit.objective:.7g}"
    )


def _updates(fit: "LinearFit", path: MinibatchPath) -> str:
    """How many updates led to the fit, and how many epochs left none."""
    size, made = counted(fit.settings.batch_size or 0, "row"), fit.step.index
    said = f"in batches of {size}, {counted(made, 'update')}"
    # Of the epochs after the chosen step, which was not the last, some may have been taken back.
    if not path.taken_back or made != path.epochs:
        return said
    if not made:
        return f"in batches of {size}, none of which lowered the objective"
    return f"{said} ({epochs(path.taken_back)} taken back)"


def _metrics(fit: "LinearFit") -> str:
    metrics = fit.metrics
    measured = any(value is not None for value in (metrics.accuracy, metrics.mae, metrics.rmse))
    said = metrics.lines() if measured else (f"mean loss {metrics.mean_loss:.6g}",)
    lines = _beside("Fit", said)
    held = fit.held_out
    if held is not None and fit.validation_metrics is not None:
        lines += _beside("Held out", fit.validation_metrics.lines())
        lines.append(
            f"{'':10}{held.rows} rows: mean loss {held.objective:.7g}; lowest at epoch "
            f"{held.best_epoch}"
        )
    return "\n".join(lines)


def _beside(label: str, lines: tuple[str, ...]) -> list[str]:
    return [f"{label if not i else '':<10}{line}" for i, line in enumerate(lines)]


def _coefficients(fit: "LinearFit") -> str:
    names = [*fit.features, *(["intercept"] if fit.settings.shared.intercept else [])]
    heads = ["", *_heads(fit)]
    columns = fit.lines[: len(heads) - 1]
    table = [
        heads,
        *([printable(name), *map(_number, columns[:, i])] for i, name in enumerate(names)),
    ]
    lines = text_table(table, left=1)
    if len(columns) < len(fit.lines):
        lines.append(f"The first {len(columns)} of {len(fit.lines)} classes; the JSON has all.")
    if fit.zeros and (fit.settings.l1 or fit.settings.positive):
        count = counted(fit.lines[:, : len(fit.features)].size, "coefficient")
        lines.append(f"{fit.zeros} of {count} {'is' if fit.zeros == 1 else 'are'} 0.")
    return "\n".join(lines)


def _heads(fit: "LinearFit") -> list[str]:
    if fit.is_multinomial and fit.classes is not None:
        return [
            name if len(name) <= 14 else f"{name[:13]}…"
            for name in map(printable, fit.classes[:_MOST_CLASSES])
        ]
    if is_of_classes(fit.loss) and fit.classes is not None:
        return [f"coefficient of {printable(fit.classes[1])}"]
    return ["coefficient"]


def _number(value: float) -> str:
    return "0" if value == 0.0 else f"{value:.9g}"
