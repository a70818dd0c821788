"""What the page asks of the engine and what it is answered, as JSON. Nothing else is understood."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from steepest.wording.fact import phrase

MOST_STEPS = 10_000
MOST_VARIABLES = 20
LONGEST_FORMULA = 10_000

_Name = Literal["SGD", "Adagrad", "RMSprop", "Adam"]


class RunRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A descent on a formula.

    - `id`: comes back with the answer
    - `start`: a number for each variable, in the order in which they first stand in the formula
    """

    id: Annotated[int, Meta(ge=0, le=2**53)]
    formula: Annotated[str, Meta(max_length=LONGEST_FORMULA)]
    start: Annotated[list[float], Meta(min_length=1, max_length=MOST_VARIABLES)]
    optimizer: _Name
    learning_rate: Annotated[float, Meta(gt=0)] = msgspec.field(name="learningRate")
    momentum: Annotated[float, Meta(ge=0, lt=1)]
    nesterov: bool
    steps: Annotated[int, Meta(ge=1, le=MOST_STEPS)]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run as the engine made it, or the line of an error.

    - `points`, `objectives`, `gradients`: of each step; what is not finite is null
    - `verdict`, `forecast`: in words
    """

    id: int
    error: str = ""
    points: list[list[float | None]] = []
    objectives: list[float | None] = []
    gradients: list[list[float | None]] = []
    verdict: str = ""
    forecast: str = ""


def read_request(text: str | bytes) -> RunRequest | Answer:
    """The request that a message is, or the answer to one that is none."""
    try:
        return msgspec.json.decode(text, type=RunRequest)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Answer(0, error=str(error))


class OpenTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be opened. The server alone asks for it: a page sends the file itself."""

    open: str


class Refusal(msgspec.Struct, frozen=True):
    """Why a file could not be opened."""

    error: str


def sheet_in(task: OpenTask) -> bytes:
    """What a saved run or model shows, or why it is none, as JSON."""
    from steepest.api.load import load
    from steepest.errors import SteepestError
    from steepest.reports.sheet import sheet_of, to_json

    try:
        return to_json(sheet_of(load(task.open)))
    except SteepestError as error:
        return encode(Refusal(str(error).replace(task.open, phrase("the file"))))


def answer_of(request: RunRequest) -> Answer:
    """Make the run. What a user can mend is the answer's error."""
    from steepest.api.minimize import minimize
    from steepest.errors import SteepestError

    is_sgd = request.optimizer == "SGD"
    try:
        run = minimize(
            request.formula,
            tuple(request.start),
            lr=request.learning_rate,
            optimizer=request.optimizer.lower(),
            momentum=request.momentum if is_sgd and request.momentum > 0.0 else None,
            nesterov=request.nesterov if is_sgd and request.momentum > 0.0 else None,
            epochs=request.steps,
        )
        return Answer(
            request.id,
            points=[_finite(step[name] for name in run.names) for step in run],
            objectives=_finite(step.objective for step in run),
            gradients=[_finite(step.gradient) for step in run],
            verdict=str(run.verdict),
            forecast=str(run.forecast),
        )
    except SteepestError as error:
        return Answer(request.id, error=str(error))


def encode(message: msgspec.Struct) -> bytes:
    return msgspec.json.encode(message)


def _finite(values: Iterable[float]) -> list[float | None]:
    """JSON has no word for what is not finite."""
    return [float(value) if math.isfinite(value) else None for value in values]
