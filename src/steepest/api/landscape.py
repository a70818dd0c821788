"""`landscape` draws the objective of a PyTorch model around its parameters."""

from torch.nn import Module

from steepest.arrays import Floats
from steepest.keywords import answer_wrong_keywords
from steepest.path.path import DescentPath
from steepest.results.landscape import Landscape
from steepest.watching.measure.batch_objective import Batch, Loss
from steepest.watching.measure.landscape import Directions, measure_landscape


@answer_wrong_keywords
def landscape(
    model: Module,
    loss_fn: Loss,
    batch: Batch,
    path: DescentPath | Floats | None = None,
    *,
    directions: Directions | None = None,
    points: tuple[int, int] = (61, 46),
    span: float = 1.0,
    seed: int = 0,
) -> Landscape:
    """The objective of a model on a plane through its parameters, with a path on it.

    With a path, such as `run.path` of `steepest.watch` or an array (m, d), the plane goes through
    its last step along its two main directions: no other plane holds more of its motion.
    `directions="random"` takes two random ones, in which every filter (a row of a matrix, a kernel
    of a convolution) is as long as the model's, and biases stay (Li et al., 2018); they reach
    `span` to both sides, or as far as the path does.

    The model runs on the batch points[0]·points[1] times, in the mode it is in, and stays as it is.
    A pair (x, y) is loss_fn(model(x), y), any other batch loss_fn(model(batch)).
    Raises InputError where the path does not fit the model.

    >>> import torch, steepest
    >>> model, x = torch.nn.Linear(1, 1), torch.tensor([[1.0], [2.0], [3.0]])
    >>> optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.MSELoss()
    >>> with steepest.watch(model, optimizer, loss_fn, every=1) as run:
    ...     for _ in range(20):
    ...         optimizer.zero_grad()
    ...         loss_fn(model(x), 2 * x).backward()
    ...         optimizer.step()
    >>> found = steepest.landscape(model, loss_fn, (x, 2 * x), run.path, points=(9, 7))
    >>> bool(abs(found.at(found.points) - found.recorded)[:-1].max() < 1e-5)
    True
    """
    found = measure_landscape(
        model, loss_fn, batch, path, directions=directions, points=points, span=span, seed=seed
    )
    return Landscape(**vars(found))
