"""`watch` records a PyTorch loop; `find_lr` and `landscape` measure a PyTorch model."""

from collections.abc import Callable, Sequence
from typing import Any

from torch.optim import Optimizer

from steepest.api.followed_in_lab import checked
from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.results.watch import Landscape, RateTest, Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.optimized_parameters import Model, check_loss, inner_optimizer
from steepest.watching.record.pace import Every


@answer_wrong_keywords
def watch(
    model: Model,
    optimizer: Optimizer | Sequence[Optimizer] | None = None,
    loss_fn: Callable[..., Any] | None = None,
    *,
    every: Every = "auto",
    keep: int | None = None,
    callbacks: Sequence[Callback] = (),
    curvature_every: int | None = None,
    histograms: bool = False,
    lab: bool = False,
) -> Watch:
    """Record the descent of a PyTorch loop as it is: `with steepest.watch(…) as run:` around it.

    Nothing in the loop is replaced and no number in it changes: parameters end bit by bit as they
    would without. Step k of `run.path` is what stood at the k-th call of `optimizer.step()`, before
    the update: parameters, gradient, and the mean of the losses that came in since the last step.
    With several optimizers every call counts as a step, each `run.path.record(k)` says whose it
    was, and each optimizer has its own curve and its own part of the verdict. A record also holds
    the rates of all groups, the norms of parameters, gradient and update by tensor, how many
    backward passes there were, and who edited the parameters between steps.

    Of a model with more than 10 000 parameters the norms are kept, and a projection to 8 numbers.
    Gradients are those that the update uses: added up, clipped, unscaled (GradScaler), averaged
    over processes (DistributedDataParallel, whose rank 0 records). Of an optimizer that evaluates
    its closure several times, such as LBFGS, it is that of the first evaluation. Hooks inside what
    `torch.compile` made see nothing: hand in a loss computed there by `run.loss`.

    A loop that moves its parameters itself, as by `w -= lr * w.grad`, has no optimizer: a step has
    been made when a backward pass begins and the parameters are no longer those of the last one.
    Its rate is the ratio of update and gradient, nan where that is no number, and the loss is the
    scalar whose backward pass it was. A loop without torch hands in its points: see `Watch.step`.
    Of up to 20 parameters whose recorded gradients are linear in them the curvature is known, and
    with it the forecast.

    - `model`: a module; tensors by name, such as {"w": w, "b": b}; or None
    - `optimizer`: of `torch.optim` or written like one, or a list of several; None: the loop moves
      `model` itself
    - `loss_fn`: a loss module such as `nn.MSELoss()`, whose values are then recorded. Without one
      the values are handed in, `run.loss(loss).backward()`, or else the scalar is taken whose
      backward pass ran. Where the loop scales it (`loss / 4`) it is taken so, and those of a
      step's passes are added up; a GradScaler's product is not taken
    - `every`: 1 records every step, n every n-th; "auto" the first fifty and after them one in
      each fifth of the steps so far (60, 72, 86, …), from step 2000 on every 400th, whatever time
      they take. The loss of every other step is kept too, a number a step: `run.objective`,
      `run.losses`
    - `keep`: at most so many steps are kept: the first, the last, and others evenly between, at a
      spacing that doubles as the loop goes on; beside them the latest hundred before which someone
      edited the parameters. By default 1000, or as many as fit into 64 MiB
    - `callbacks`: called when the block begins, at each recorded step, and when it ends: see
      `steepest.watching.callbacks.Callback`

    - `curvature_every`: measure λmax of a loss module's batch at recorded steps at least so many
      apart, by a dozen or so Hessian-vector products each, about two backward passes a product.
      `run.curvatures` has them, `run.rate_share` the learning rate over the stable one, and
      `run.plot("curvature")` both

    - `histograms`: of each recorded step count how the numbers of every tensor are spread, of its
      parameters, gradient and update, in 64 bins each: see `run.histograms`

    - `lab`: print the address of a page of the lab that follows the loop as it goes, and shows its
      verdict at the end

    A recorded step costs a copy of parameters and gradient; a step that is not, a few microseconds.
    After Ctrl-C or another error the path up to there is kept, and no hook stays behind.

    Raises InputError for what is none of these, and for complex parameters.

    >>> import torch, steepest
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 6.0])
    >>> optimizer = torch.optim.SGD([w], lr=0.01)
    >>> with steepest.watch({"w": w}, optimizer, every=1) as run:
    ...     for epoch in range(100):
    ...         optimizer.zero_grad()
    ...         run.loss(((w * x - y) ** 2).mean()).backward()
    ...         optimizer.step()
    >>> round(run.at(0).objective, 6), round(run.at(100)["w[0]"], 6)
    (4.666667, 1.999944)
    """
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else optimizer
    if optimizers is None:
        if not model:
            raise InputError(
                "watch needs an optimizer, or of a loop that moves its parameters itself "
                "their tensors by name: steepest.watch({'w': w, 'b': b})."
            )
        optimizers = []
    elif not isinstance(optimizers, Sequence) or isinstance(optimizers, str) or not optimizers:
        raise InputError(
            "watch needs a torch optimizer, or a list of some, not {optimizer!r}.",
            optimizer=optimizer,
        )
    for one in optimizers:
        if not isinstance(one, Optimizer):
            raise InputError("watch needs torch optimizers, not {one!r}.", one=one)
    if loss_fn is not None:
        check_loss(loss_fn)
    if not isinstance(callbacks, Sequence):
        raise InputError(
            "callbacks are a list of Callback objects, not {callbacks!r}.", callbacks=callbacks
        )
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise InputError(
                "callbacks are objects of a class of Callback, not {callback!r}.", callback=callback
            )
    if checked(lab):
        from steepest.api.lab_feed import FollowedLoop

        callbacks = [*callbacks, FollowedLoop()]
    inner = [inner_optimizer(each) for each in optimizers]
    return Watch(model, inner, loss_fn, every, keep, callbacks, curvature_every, histograms)


find_lr = answer_wrong_keywords(RateTest.of, "find_lr")
landscape = answer_wrong_keywords(Landscape.of, "landscape")
