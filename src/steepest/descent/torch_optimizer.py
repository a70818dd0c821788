"""Any optimizer of `torch.optim`, or written like one, in the place of our own."""

import inspect
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeGuard, final

import numpy as np

from steepest.descent.optimizers import Optimizer, Rate
from steepest.descent.update_rules import Array, State
from steepest.errors import InputError
from steepest.problems.problem import Problem

if TYPE_CHECKING:
    import torch

# A class of `torch.optim`, or a `functools.partial` of one that holds its options.
Factory: TypeAlias = Callable[..., "torch.optim.Optimizer"]


def is_torch_optimizer(value: object) -> TypeGuard[Factory]:
    """Whether this is a class like those of `torch.optim`, or a partial of one."""
    maker = getattr(value, "func", value)
    kinds = inspect.getmro(maker) if isinstance(maker, type) else ()
    return any(kind.__module__ == "torch.optim.optimizer" for kind in kinds)


@final
class TorchOptimizer(Optimizer):
    """An optimizer that torch makes: `factory([parameter], lr=rate)`.

    What it remembers of the parameter travels as the state, so that a step can be replayed. Each
    run needs one of its own. Optimizers that evaluate the objective again (LBFGS) are given a
    closure.

    >>> import torch
    >>> from steepest.descent.schedules import Constant
    >>> from steepest.descent.stepwise import descend
    >>> from steepest.descent.stopping import Epochs
    >>> class Square(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return (parameters**2).sum(axis=-1)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> nadam = TorchOptimizer(torch.optim.NAdam, Square())
    >>> descend(Square(), nadam, Constant(0.25), [Epochs(1)], [8.0]).last.parameters.round(3)
    array([7.736])
    """

    remembers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, factory: Factory, problem: Problem) -> None:
        self.factory = factory
        self.problem = problem

    @property
    def name(self) -> str:
        maker = getattr(self.factory, "func", self.factory)  # that of a partial
        return str(getattr(maker, "__name__", type(maker).__name__))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def init(self, parameters: Array) -> State:
        return (0, {})

    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        import torch

        count, remembered = state
        leaf = torch.nn.Parameter(torch.from_numpy(np.array(parameters)))
        leaf.grad = torch.from_numpy(np.array(gradient))
        optimizer = self._made(leaf, float(np.asarray(lr).reshape(-1)[0]))
        # Not load_state_dict, which would change the precision of what torch keeps in float32.
        optimizer.state[leaf].update(deepcopy(remembered))
        for group in optimizer.param_groups:
            group["lr"] = float(np.asarray(lr).reshape(-1)[0])
        optimizer.step(lambda: self._evaluate(leaf))
        return leaf.detach().numpy(), (count + 1, dict(optimizer.state[leaf]))

    def named_state(self, state: State) -> dict[str, Array]:
        """The tensors that torch keeps for the parameters, by its names."""
        return {
            name: value.numpy()
            for name, value in state[1].items()
            if hasattr(value, "numpy") and value.ndim == 2
        }

    def _made(self, leaf: Any, rate: float) -> Any:
        if "lr" in getattr(self.factory, "keywords", {}):
            raise InputError(
                "the partial of {name} gives lr too; give it once, to the descent", name=self.name
            )
        try:
            return self.factory([leaf], lr=rate)
        except (TypeError, ValueError) as error:
            raise InputError(
                "{name} could not be made as {name}([parameter], lr={rate:g}): {error}; hand "
                "in a class like those of torch.optim, or a functools.partial of one",
                name=self.name,
                rate=rate,
                error=error,
            ) from error

    def _evaluate(self, leaf: Any) -> Any:
        """The closure of `torch.optim`: objective and gradient where the optimizer stands now."""
        import torch

        objective, gradient = self.problem.objectives_and_gradient(leaf.detach().numpy())
        leaf.grad = torch.from_numpy(np.array(gradient))
        return torch.tensor(float(objective[0]), dtype=torch.float64)
