"""A watched loop's curves in MLflow."""

from typing import final

from steepest.adapters.curves import Curves


@final
class MLflow(Curves):
    """Logs metrics of each recorded step to the active run, which MLflow starts if there is none,
    and the verdict as the tag "steepest.verdict".

    - `tensors`: metrics of each tensor's norms too

    Needs the package mlflow, or mlflow-skinny.

    >>> steepest.watch(model, optimizer, callbacks=[MLflow()])  # doctest: +SKIP
    """

    def write(self, values: dict[str, float], step: int) -> None:
        import mlflow

        mlflow.log_metrics(values, step=step)

    def conclude(self, verdict: str) -> None:
        import mlflow

        mlflow.set_tag("steepest.verdict", verdict)
