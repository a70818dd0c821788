"""`steepest.study` and `steepest.compare`: several runs of anything, side by side."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from glob import has_magic
from typing import Any

from steepest.api.fit import fit
from steepest.api.study_of_function import study_of_function
from steepest.api.study_of_model import study_of_model
from steepest.api.study_of_table import SIZES, study_of_table
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Schedule
from steepest.errors import InputError, check_known
from steepest.keywords import answer_wrong_keywords, keywords_of
from steepest.models.mini_batches import MiniBatches
from steepest.problems.known_functions import KnownFunction, is_known
from steepest.results.study import Study
from steepest.tables.samples import PREFIX
from steepest.translation import say

_OF_MODELS = ("make_optimizer", "loss_fn", "loader")
_FILE = re.compile(r"\.[A-Za-z]\w*$")  # how the name of a file ends


# What a study shares with `fit`: all but what differs from run to run.
_VARIED = ("start", "lr", "optimizer", "batch_size")
_OF_ROWS = tuple(name for name in keywords_of(fit) if name not in _VARIED)
_OF_FUNCTIONS = keywords_of(study_of_function)
_answer = partial(answer_wrong_keywords, options=(*_OF_ROWS, *_OF_FUNCTIONS, "loss_fn", "loader"))


@_answer
def study(
    source: Any,
    start_or_target: Any = None,
    *,
    start: Any = None,
    starts: Sequence[Any] | None = None,
    target: Any = None,
    lr: Any = "auto",
    optimizer: Any = "sgd",
    make_optimizer: Any = None,
    batch_size: Any = None,
    **options: Any,
) -> Study:
    """Run several descents of one formula, function, table or PyTorch model, side by side.

    `lr`, `optimizer`, `batch_size` and `starts` may be lists: every combination is run, in the
    order of `itertools.product(starts, optimizer, lr, batch_size)`. `steepest.compare` is an alias
    of this function, for tables and models.

    What is minimised
        source: a formula, the name of a known function or a Python function, as `minimize` takes
            it; or rows, as `fit` takes them; or a function without arguments that makes a model
            (called under the same seed for each run), or a model, of which each run gets a copy
        start_or_target: of a formula or function `start`, of a table `target`
        start, starts: one start, or a list of them; random ones are drawn with `seed`, `seed` + 1,
            …. Of a model `starts` are seeds: the model is made under each
    Descent
        lr, optimizer: as of `minimize` and `fit`
        batch_size: of a table rows to an update, None for all; by default all, and where nothing
            else is a list 1, 10, 100 and all, as far as there are rows. Of a model the loader's,
            or a list of others
        make_optimizer: for a model: functions of the parameters,
            `lambda p: torch.optim.Adam(p, lr=0.01)`, classes, or names of torch.optim; a list of
            them, or a mapping of labels to them. `lr` is for classes and names
        options: of a formula or function those of `minimize`, of a table those of `fit`, of a model
            loss_fn, loader (a DataLoader, a list of batches (x, y), or one batch), epochs, seed

    All runs of a formula are walked as one batch. Each run of a table is a fit, by default of 20
    epochs; all begin where the first begins. Where there are mini-batches, "auto" is a constant
    rate: for all rows the best one of the curvature (for other losses than squared 1 over its
    bound), for batches half of what the curvature bounds allow, so that the noise they leave can
    be compared; losses with kinks have rates that fall. Each run of a model sees the same batches
    in the same order, by default for 10 epochs, and is watched; after each epoch the objective over
    all batches is computed in eval mode.

    Ctrl-C ends the run that is walked and leaves out those after it.
    Raises InputError for what cannot be run: what, where, and what to do.

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.7, 1.0], epochs=30)
    >>> [(label, path.verdict.manner or path.verdict.kind) for label, path in study.items()]
    [('lr 0.1', 'monotone'), ('lr 0.7', 'oscillates'), ('lr 1', 'cycle')]
    >>> runs = steepest.compare("sample:noisy-line", batch_size=[1, None], lr=0.1, epochs=10)
    >>> [(run.label, run.updates, run.rows_seen) for run in runs.runs]
    [('batch 1', 1000, 1000), ('full batch', 10, 1000)]
    >>> import torch
    >>> x = torch.linspace(-1.0, 1.0, 20)[:, None]
    >>> runs = steepest.compare(
    ...     lambda: torch.nn.Linear(1, 1), make_optimizer=["sgd", "adam"], lr=0.1,
    ...     loss_fn=torch.nn.MSELoss(), loader=(x, 3 * x + 1), epochs=50)
    >>> runs.labels, runs.labels[runs.best_place]
    (('SGD lr=0.1', 'Adam lr=0.1'), 'SGD lr=0.1')
    """
    named: dict[str, Any] = dict(options)
    if make_optimizer is not None or any(name in named for name in _OF_MODELS):
        _refuse(
            say("a model"),
            say("its rows come from the loader"),
            target=target,
            both=start_or_target,
        )
        _refuse(say("a model"), say("starts are seeds: starts=[0, 1]"), start=start)
        _check_model(source, make_optimizer, optimizer, named)
        return _of_model(source, starts, make_optimizer, lr, batch_size, named)
    rates, optimizers = listed("lr", lr), listed("optimizer", optimizer)
    if is_table(source, target if target is not None else start_or_target):
        target = _one_of("target", target, start_or_target)
        begins = _starts(start, starts)
        return _of_table(source, target, begins, optimizers, rates, batch_size, named)
    _refuse(
        say("a formula or function"), say("it has no rows"), target=target, batch_size=batch_size
    )
    begins = _starts(_one_of("start", start, start_or_target), starts)
    return _of_function(source, begins, optimizers, rates, named)


# The name that suits tables and models.
compare = _answer(study, "compare")


def is_table(source: Any, target: Any = None) -> bool:
    """Whether these are rows, not a formula or a function.

    A text is a formula unless a target is named with it, or it is a sample table, a query, or the
    name of a file.

    >>> is_table("x**2"), is_table("rosenbrock"), is_table("points.csv"), is_table([[1.0], [2.0]])
    (False, False, True, True)
    """
    if isinstance(source, KnownFunction) or callable(source):
        return False
    if not isinstance(source, str):
        return True
    if (isinstance(target, str) and target != "random") or source.startswith(PREFIX):
        return True
    return not is_known(source) and _names_rows(source)


def _names_rows(text: str) -> bool:
    from steepest.formula.parse import parse
    from steepest.tables.files.sql_statement import looks_like_query

    if looks_like_query(text) or os.path.lexists(os.path.expanduser(text)):
        return True
    try:
        parse(text)
    except InputError:
        return bool(_FILE.search(text)) or (has_magic(text) and os.sep in text)
    return False


def listed(name: str, value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one. Raises InputError for an empty list."""
    if hasattr(value, "tolist"):  # an array of rates is a list of them too
        value = value.tolist()
    single = isinstance(value, str | Schedule | Optimizer) or not isinstance(value, Sequence)
    values = [value] if single else list(value)
    if not values:
        raise InputError("{name} is an empty list; give at least one", name=name)
    return values


def _starts(start: Any, starts: Sequence[Any] | None) -> list[Any]:
    if starts is None:
        return [start]
    if start is not None:
        raise InputError("start and starts both say where to begin; give one of them")
    return listed("starts", starts)


def _one_of(name: str, keyword: Any, positional: Any) -> Any:
    if keyword is not None and positional is not None:
        raise InputError(
            "{name} is given twice, by its place and by its name; give it once", name=name
        )
    return positional if keyword is None else keyword


def _refuse(what: str, why: str, **values: Any) -> None:
    for name, value in values.items():
        if value is not None:
            option = say("a target or start") if name == "both" else name
            raise InputError("{what} takes no {option}: {why}", what=what, option=option, why=why)


def _of_function(
    source: Any, starts: list[Any], optimizers: list[Any], rates: list[Any], options: dict[str, Any]
) -> Study:
    if "torch" in sys.modules and isinstance(source, sys.modules["torch"].nn.Module):
        raise InputError("to compare optimizers on a model, give make_optimizer= too")
    _check_options(_OF_FUNCTIONS, options, say("a formula or function"))
    return study_of_function(source, starts, optimizers, rates, **options)


def _of_table(
    source: Any,
    target: Any,
    starts: list[Any],
    optimizers: list[Any],
    rates: list[Any],
    batch_size: Any,
    options: dict[str, Any],
) -> Study:
    _check_options(_OF_ROWS, options, say("a table"))
    default = batch_size is None or getattr(batch_size, "size", 1) is None
    if default:
        several = max(len(starts), len(optimizers), len(rates)) > 1
        batches = batch_size or MiniBatches()
        batch_size = [
            None if size is None else replace(batches, size=size)
            for size in ((None,) if several else SIZES)
        ]
    sizes = listed("batch_size", batch_size)
    return study_of_table(
        source, target, starts, optimizers, rates, sizes, default_sizes=default, **options
    )


def _check_model(source: Any, make_optimizer: Any, optimizer: Any, options: dict[str, Any]) -> None:
    for name in _OF_MODELS:
        if name not in options and (name != "make_optimizer" or make_optimizer is None):
            raise InputError("to compare optimizers on a model, give {name}= too", name=name)
    if not callable(source):
        raise InputError(
            "make_optimizer is for models: give a torch.nn.Module or a function that makes one"
        )
    if optimizer != "sgd":
        raise InputError("a model's optimizers are given by make_optimizer; leave optimizer out")


def _of_model(
    source: Any,
    starts: Sequence[Any] | None,
    make_optimizer: Any,
    lr: Any,
    batch_size: Any,
    options: dict[str, Any],
) -> Study:
    _check_options(keywords_of(study_of_model), options, say("a model"))
    return study_of_model(
        source,
        make_optimizer=make_optimizer,
        rates=[None] if isinstance(lr, str) and lr == "auto" else listed("lr", lr),
        sizes=[None] if batch_size is None else listed("batch_size", batch_size),
        seeds=None if starts is None else listed("starts", starts),
        **options,
    )


def _check_options(known: Sequence[str], options: dict[str, Any], what: str) -> None:
    """Raise InputError for an option that studies have, but not such a one."""
    for name in options:
        check_known(name, known, "a study of {what} has no option {name!r}.", what=what)
