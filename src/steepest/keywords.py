"""A wrong keyword is answered with the right one."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar, get_args

from steepest.errors import KeywordError

P = ParamSpec("P")
R = TypeVar("R")

# What an argument is called elsewhere, and here. The first group that a call knows is offered.
_OURS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    name: groups
    for names, groups in (
        ("learning_rate learning_rate_init rate eta eta0 step_size stepsize", (("lr",),)),
        ("n_epochs num_epochs max_epochs nb_epoch epoch", (("epochs",), ("max_iter",))),
        ("max_iter iterations n_iter num_iterations max_steps", (("epochs",), ("max_iter",))),
        ("n_iterations steps num_steps maxiter epochs", (("epochs",), ("max_iter",))),
        ("y label labels response dependent", (("target",),)),
        ("cols feature_names predictors", (("features",),)),
        ("sample_weight sample_weights weight", (("weights",),)),
        ("alpha lambda lambda_ reg_lambda", (("ridge", "l1"), ("lr",))),
        ("penalty c regularization weight_decay", (("ridge", "l1"),)),
        ("l2 reg_l2 l2_penalty", (("ridge",),)),
        ("lasso reg_l1 reg_alpha l1_penalty", (("l1",),)),
        ("nonnegative non_negative nonneg", (("positive",),)),
        ("tol tolerance ftol rtol", (("tolerance",), ("tol",))),
        ("gtol grad_tol", (("gradient_tolerance",),)),
        ("random_state random_seed", (("seed",), ("random_state",))),
        ("seed", (("random_state",),)),
        ("fit_intercept bias use_bias", (("intercept",), ("fit_intercept",))),
        ("intercept", (("fit_intercept",),)),
        ("normalize normalise scale scaled standardise", (("standardize",),)),
        ("criterion loss_fn loss_function objective", (("loss",), ("loss_fn",), ("objective",))),
        ("solver method algorithm", (("optimizer",), ("make_optimizer",))),
        ("optim opt optimizer optimizers", (("optimizer",), ("make_optimizer",))),
        ("init x0 initial theta0 w0 initial_guess start_point", (("start",),)),
        ("batchsize minibatch mini_batch bs", (("batch_size",),)),
        ("cv n_splits k", (("folds",),)),
        ("validation_split validation_fraction test_size", (("validation",),)),
        ("early_stopping n_iter_no_change", (("patience",),)),
        ("max_time timeout", (("time_limit",),)),
        ("na_action na_values dropna", (("missing",),)),
        ("data dataset df frame table x", (("source",), ("objective",))),
        ("function func fun f formula", (("objective",), ("source",))),
        ("data_loader dataloader train_loader", (("loader",),)),
        ("net network module", (("model",), ("source",))),
        ("ranges grid space", (("over",),)),
        ("callback", (("callbacks",),)),
        ("output out outfile save", (("save",), ("out",))),
        ("frequency interval", (("every",),)),
        ("sep separator", (("delimiter",),)),
        ("charset", (("encoding",),)),
        ("usecols", (("columns",),)),
    )
    for name in names.split()
}
# What is said when a table is read.
READING = ("header", "names", "delimiter", "encoding", "columns")


def answer_wrong_keywords(function: Callable[P, R], name: str = "") -> Callable[P, R]:
    """The function; called with a keyword that it has not, it names the one that it has.

    `name` is what the function is called by its users, where that is not its own name.

    >>> @answer_wrong_keywords
    ... def descend(start, lr=0.1): ...
    >>> descend(1.0, learning_rate=0.3)
    Traceback (most recent call last):
    ...
    steepest.errors.KeywordError: descend has no argument learning_rate=; use lr=
    """
    known = tuple(_names(function))
    called = name or function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        wrong = [name for name in kwargs if name not in known]
        if wrong:
            raise KeywordError(_refusal(called, wrong, known))
        return function(*args, **kwargs)

    return checked


def names_here(name: str, known: Collection[str]) -> tuple[str, ...]:
    """What an argument of another program is called here, among names that are known.

    >>> names_here("alpha", ["ridge", "l1", "lr"]), names_here("alpha", ["lr"]), names_here("q", [])
    (('ridge', 'l1'), ('lr',), ())
    """
    for group in _OURS.get(name.lower(), ()):
        found = tuple(ours for ours in group if ours in known)
        if found:
            return found
    return ()


def _names(function: Callable[..., object]) -> Iterator[str]:
    """The names of a function's arguments; those of an `Unpack[…]` are its keys."""
    for name, parameter in signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            yield from get_args(parameter.annotation)[0].__annotations__
        elif name != "self":
            yield name


def _refusal(called: str, wrong: Sequence[str], known: Sequence[str]) -> str:
    """Which arguments are wrong, and what to write in their place.

    >>> _refusal("fit", ["y", "tol"], ["source", "target", "tolerance"])
    'fit has no arguments y= and tol=; use target= for y=, tolerance= for tol='
    >>> _refusal("fit", ["target_"], ["source", "target"])
    'fit has no argument target_=. Did you mean target=?'
    >>> _refusal("fit", ["header"], ["source", "target"])
    'fit has no argument header=; use steepest.read(source, header=…)'
    """
    noun = "argument" if len(wrong) == 1 else "arguments"
    refusal = f"{called} has no {noun} {_listed(wrong)}"
    answers = {name: _answer(name, known) for name in wrong}
    uses = [
        f"{answer} for {name}=" if len(wrong) > 1 else answer
        for name, answer in answers.items()
        if answer
    ]
    if uses:
        return f"{refusal}; use {', '.join(uses)}"
    near = _near(wrong[0], known)
    if near:
        return f"{refusal}. Did you mean {near}?"
    return f"{refusal}; it has {', '.join(known)}"


def _answer(name: str, known: Sequence[str]) -> str:
    """What is written in place of a name that other programs have, or that is said elsewhere."""
    read = name if name in READING else next(iter(names_here(name, READING)), None)
    if read is not None and "source" in known and read not in known:
        return f"steepest.read(source, {read}=…)"
    first = {known[0]: " (the first argument)"}
    return " or ".join(f"{ours}={first.get(ours, '')}" for ours in names_here(name, known))


def _listed(names: Sequence[str]) -> str:
    *first, last = (f"{name}=" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _near(name: str, known: Sequence[str]) -> str:
    """The nearest name that is known, here or elsewhere."""
    elsewhere = [foreign for foreign in _OURS if names_here(foreign, known)]
    for match in get_close_matches(name.lower(), [*known, *elsewhere], n=1):
        return f"{match}=" if match in known else _answer(match, known)
    return ""
