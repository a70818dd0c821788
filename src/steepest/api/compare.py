"""`steepest.compare`: runs side by side, of batch sizes on a table or of optimizers on a model."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack, overload

from steepest.api.compare_batches import EPOCHS, compare_batches
from steepest.api.row_options import RowOptions
from steepest.descent.schedules import Schedule
from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.models.fit_progress import FitProgress
from steepest.results.batch_comparison import Comparison
from steepest.results.model_comparison import ModelComparison

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from steepest.watching.measure.given_optimizers import Given


@overload
def compare(
    source: "Callable[[], Module] | Module",
    *,
    make_optimizer: "Given | Sequence[Given] | Mapping[str, Given]",
    loss_fn: "Callable[..., Tensor]",
    loader: Any,
    epochs: int = 10,
    lr: float | Sequence[float] | None = None,
    seed: int = 0,
) -> ModelComparison: ...


@overload
def compare(
    source: object,
    target: object = None,
    *,
    batch_size: Sequence[int | None] | None = None,
    epochs: int = EPOCHS,
    lr: float | str | Schedule | Sequence[float | str | Schedule] = "auto",
    progress: FitProgress | None = None,
    **options: Unpack[RowOptions],
) -> Comparison: ...


def compare(source: Any, target: Any = None, **options: Any) -> "Comparison | ModelComparison":
    """Run descents side by side: batch sizes on a table, or optimizers on a PyTorch model.

    With a table, `steepest.compare(source, target, batch_size=[1, 10, None], …)`: as many looks at
    the rows in batches of each size; its arguments: `steepest.api.compare_batches.compare_batches`.

    With a model, `steepest.compare(make_model, make_optimizer=[…], loss_fn=…, loader=…)`: each
    optimizer trains the same model from the same start over the same batches in the same order, and
    each run is watched.

    - `source`: a function without arguments that makes the model, called under the same seed for
      each run; or a model, of which each run gets a copy
    - `make_optimizer`: functions of the parameters, `lambda p: torch.optim.Adam(p, lr=0.01)`,
      classes, or names of torch.optim; a list of them, or a mapping of labels to them
    - `loader`: a DataLoader, a list of batches (x, y), or one batch
    - `epochs`: looks at all batches (10);   `seed`: of start and order (0)
    - `lr`: for classes and names: one rate, or a list with one for each

    After each epoch the objective over all batches is computed in eval mode. A run ends early where
    its loss is not finite. Ctrl-C ends the run that is walked and leaves out those after it. Random
    states are put back. Raises InputError for what cannot be compared.

    >>> import steepest, torch
    >>> x = torch.linspace(-1.0, 1.0, 20)[:, None]
    >>> runs = steepest.compare(
    ...     lambda: torch.nn.Linear(1, 1), make_optimizer=["sgd", "adam"], lr=0.1,
    ...     loss_fn=torch.nn.MSELoss(), loader=(x, 3 * x + 1), epochs=50)
    >>> runs.labels, runs.best
    (('SGD lr=0.1', 'Adam lr=0.1'), 'SGD lr=0.1')
    """
    if not callable(source) and "make_optimizer" not in options:
        return answer_wrong_keywords(compare_batches, "compare")(source, target, **options)
    from steepest.api.compare_optimizers import compare_optimizers

    if target is not None:
        raise InputError("a model has no target of its own: the loader hands out (inputs, target)")
    for name in ("make_optimizer", "loss_fn", "loader"):
        if name not in options:
            raise InputError(f"to compare optimizers on a model, give {name}= too")
    if not callable(source):
        raise InputError(
            "make_optimizer is for models: give a torch.nn.Module or a function that makes one"
        )
    return answer_wrong_keywords(compare_optimizers, "compare")(source, **options)
