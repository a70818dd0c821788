"""A wrong keyword is answered with the right one."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from steepest.errors import KeywordError, near_name
from steepest.translation import joined, say

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
        ("y label labels response", (("target",),)),
        ("cols feature_names predictors", (("features",),)),
        ("sample_weight sample_weights weight", (("weights",),)),
        ("alpha lambda lambda_ reg_lambda", (("ridge", "l1"), ("lr",))),
        ("penalty c regularization weight_decay", (("ridge", "l1"),)),
        ("l2 reg_l2 l2_penalty", (("ridge",),)),
        ("lasso reg_l1 reg_alpha l1_penalty", (("l1",),)),
        ("nonnegative non_negative nonneg", (("positive",),)),
        ("pos_label positive_label", (("positive_class",),)),
        ("handle_unknown unknown", (("unseen",),)),
        ("tol tolerance ftol rtol", (("tolerance",), ("tol",))),
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
        ("gtol grad_tol early_stopping n_iter_no_change max_time timeout", (("stopping",),)),
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
        ("skiprows skip_rows skip_lines", (("skip",),)),
        ("charset", (("encoding",),)),
        ("usecols", (("columns",),)),
    )
    for name in names.split()
}
# What is part of another argument's value here: which one, and how it is written.
_PARTS: Mapping[str, tuple[str, str]] = {
    "delta": ("loss", "huber"),
    "quantile": ("loss", "quantile"),
    "power": ("loss", "tweedie"),
    "shuffle": ("batch_size", "steepest.MiniBatches"),
    "average": ("batch_size", "steepest.MiniBatches"),
    "checkpoint": ("batch_size", "steepest.MiniBatches"),
    "gradient_tolerance": ("stopping", "steepest.Stopping"),
    "patience": ("stopping", "steepest.Stopping"),
    "time_limit": ("stopping", "steepest.Stopping"),
    "minimum_norm": ("dependent", "minimum_norm"),
}
# What is said when a table is read: how text is written, and what becomes of columns.
TEXT = (
    "header",
    "names",
    "delimiter",
    "encoding",
    "skip",
    "thousands",
    "decimal",
    "percent",
    "na_values",
)
CODING = ("dates", "levels")
# Who reads it, where it is given by its name.
ENGINE = ("engine", "address")
READING = (*TEXT, "columns", *CODING, *ENGINE)


def answer_wrong_keywords(
    function: Callable[P, R], name: str = "", options: Iterable[str] = ()
) -> Callable[P, R]:
    """The function; called with a keyword that it has not, it names the one that it has.

    - `name`: what the function is called by its users, where that is not its own name
    - `options`: which keywords it takes as `**options`

    >>> @answer_wrong_keywords
    ... def descend(start, lr=0.1): ...
    >>> descend(1.0, learning_rate=0.3)
    Traceback (most recent call last):
    ...
    steepest.errors.KeywordError: descend has no argument learning_rate=; use lr=
    """
    parameters = signature(function).parameters.values()
    named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]
    known = tuple(dict.fromkeys([*named, *options]))
    called = name or function.__qualname__.removesuffix(".__init__")
    by_place = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    by_name = [] if any(p.kind is p.VAR_POSITIONAL for p in parameters) else keywords_of(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if any(name not in known for name in kwargs):
            raise KeywordError(_refusal(called, kwargs, known))
        if by_name and len(args) > len(by_place):
            places = say(" and ").join(place for place in by_place if place != "self") or say(
                "no argument"
            )
            raise KeywordError(
                "{called} takes {places} by place; name the others, such as {by_name}=…",
                called=called,
                places=places,
                by_name=by_name[0],
            )
        return function(*args, **kwargs)

    if name:
        checked.__name__ = checked.__qualname__ = name
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


def keywords_of(function: Callable[..., object]) -> list[str]:
    """The names of the arguments that a function takes by name only."""
    parameters = signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def _refusal(called: str, given: Mapping[str, object], known: Sequence[str]) -> str:
    """Which of the arguments are wrong, and what to write in their place.

    >>> _refusal("fit", {"y": 1, "tol": 0.1}, ["source", "target", "tolerance"])
    'fit has no arguments y= and tol=; use target= for y=, tolerance= for tol='
    >>> _refusal("fit", {"target_": 1}, ["source", "target"])
    'fit has no argument target_=. Did you mean target=?'
    >>> _refusal("fit", {"header": True}, ["source", "target"])
    'fit has no argument header=; use steepest.read(source, header=…)'
    >>> _refusal("fit", {"patience": 5, "time_limit": 60}, ["source", "stopping"])
    'fit has no arguments patience= and time_limit=; use stopping=steepest.Stopping(patience=5, \
time_limit=60) for patience= and time_limit='
    """
    wrong = [name for name in given if name not in known]
    refusal = say(
        "{called} has no argument {names}"
        if len(wrong) == 1
        else "{called} has no arguments {names}",
        called=called,
        names=_listed(wrong),
    )
    answers: dict[str, list[str]] = {}
    for name in wrong:
        answers.setdefault(_part(name, given, known) or _answer(name, known), []).append(name)
    uses = [
        say("{answer} for {names}", answer=answer, names=_listed(names))
        if len(wrong) > 1
        else answer
        for answer, names in answers.items()
        if answer
    ]
    if uses:
        return say("{refusal}; use {uses}", refusal=refusal, uses=joined(uses))
    near = _near(wrong[0], known)
    if near:
        return say("{refusal}. Did you mean {near}?", refusal=refusal, near=near)
    return say("{refusal}; it has {known}", refusal=refusal, known=joined(known))


def _part(name: str, given: Mapping[str, object], known: Sequence[str]) -> str:
    """What is written in place of an argument that is part of the value of another.

    >>> _part("delta", {"delta": 2.0}, ["loss"])
    'loss="huber:2.0"'
    >>> _part("average", {"batch_size": 32, "average": True}, ["batch_size"])
    'batch_size=steepest.MiniBatches(32, average=True)'
    """
    argument, value = _PARTS.get(name, ("", ""))
    if argument not in known:
        return ""
    if argument == "loss":
        return f'loss="{value}:{given[name]}"'
    if argument == "dependent":
        return f'dependent="{value if given[name] else "drop"}"'
    parts = [f"{part}={given[part]!r}" for part in given if _PARTS.get(part) == (argument, value)]
    if argument == "batch_size":
        parts.insert(0, repr(given.get("batch_size", "…")).strip("'"))
    return f"{argument}={value}({', '.join(parts)})"


def _answer(name: str, known: Sequence[str]) -> str:
    """What is written in place of a name that other programs have, or that belongs to `read`."""
    read = name if name in READING else next(iter(names_here(name, READING)), None)
    if read is not None and "source" in known and read not in known:
        return f"steepest.read(source, {read}=…)"
    first = {known[0]: say(" (the first argument)")}
    return say(" or ").join(f"{ours}={first.get(ours, '')}" for ours in names_here(name, known))


def _listed(names: Sequence[str]) -> str:
    *first, last = (f"{name}=" for name in names)
    return say(" and ").join([joined(first), last]) if first else last


def _near(name: str, known: Sequence[str]) -> str:
    """The nearest name that is known, here or elsewhere."""
    elsewhere = [foreign for foreign in _OURS if names_here(foreign, known)]
    match = near_name(name, [*known, *elsewhere])
    if match is None:
        return ""
    return f"{match}=" if match in known else _answer(match, known)
