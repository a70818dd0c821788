"""What the page asks of the engine and what it is answered, as JSON. Nothing else is understood."""

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from steepest.lab.tables import FitRequest, table_text, verdicts_of
from steepest.translation import Language, speaking, spoken
from steepest.wording.fact import phrase

if TYPE_CHECKING:
    from steepest.diagnosis.verdict import Verdict

MOST_STEPS = 10_000
MOST_VARIABLES = 20
LONGEST_FORMULA = 10_000

_Name = Literal["SGD", "Adagrad", "RMSprop", "Adam"]


class RunRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="run"
):
    """A descent on a formula.

    - `id`: comes back with the answer
    - `start`: a number for each variable, in the order in which they first stand in the formula
    - `language`: that of the page; without it the server's
    """

    id: Annotated[int, Meta(ge=0, le=2**53)]
    formula: Annotated[str, Meta(max_length=LONGEST_FORMULA)]
    start: Annotated[list[float], Meta(min_length=1, max_length=MOST_VARIABLES)]
    optimizer: _Name
    learning_rate: Annotated[float, Meta(gt=0)] = msgspec.field(name="learningRate")
    momentum: Annotated[float, Meta(ge=0, lt=1)]
    nesterov: bool
    steps: Annotated[int, Meta(ge=1, le=MOST_STEPS)]
    language: Language | None = None


PageRequest: TypeAlias = RunRequest | FitRequest


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run as the engine made it, or the line of an error.

    - `points`, `objectives`, `gradients`: of each step; what is not finite is null
    - `verdict`, `forecast`: in words;   `batches`: the verdict of mini-batches beside
    - `meaning`: what such a verdict means, and what it rests on
    """

    id: int
    error: str = ""
    points: list[list[float | None]] = []
    objectives: list[float | None] = []
    gradients: list[list[float | None]] = []
    verdict: str = ""
    forecast: str = ""
    batches: str = ""
    meaning: list[str] = []


def read_request(text: str | bytes) -> PageRequest | Answer:
    """The request that a message is, or the answer to one that is none."""
    try:
        return msgspec.json.decode(text, type=PageRequest)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Answer(0, error=str(error))


class OpenTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be opened. The server alone asks for it: a page sends the file itself.

    - `language`: that of the page; without it the server's
    """

    open: str
    language: Language | None = None


class TableTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be read as a table; `name` is shown for it. The server alone asks for it."""

    table: str
    name: str
    language: Language | None = None


FileTask: TypeAlias = OpenTask | TableTask


def speaking_to(asked: PageRequest | FileTask) -> AbstractContextManager[None]:
    """Speak the language of the page that asks meanwhile."""
    return speaking(asked.language or spoken())


class TableText(msgspec.Struct, frozen=True):
    """A table as the page reads it."""

    table: str


class Refusal(msgspec.Struct, frozen=True):
    """Why a file could not be opened."""

    error: str


def sheet_in(task: OpenTask) -> bytes:
    """What a saved run or model shows, or why it is none, as JSON."""
    from steepest.api.load import load
    from steepest.errors import SteepestError
    from steepest.reports.sheet import sheet_of, to_json

    with speaking_to(task):
        try:
            return to_json(sheet_of(load(task.open)))
        except SteepestError as error:
            return encode(Refusal(str(error).replace(task.open, phrase("the file"))))


def table_in(task: TableTask) -> bytes:
    """The table as the page reads it, or why it is none, as JSON."""
    from steepest.errors import SteepestError

    with speaking_to(task):
        try:
            return encode(TableText(table_text(task.table, task.name)))
        except SteepestError as error:
            return encode(Refusal(str(error)))


def answer_of(request: PageRequest) -> Answer:
    """Make the run, or the fit. What a user can mend is the answer's error."""
    with speaking_to(request):
        return _answer_of(request)


def _answer_of(request: PageRequest) -> Answer:
    from steepest.errors import SteepestError

    try:
        if isinstance(request, RunRequest):
            return _run(request)
        verdict, forecast, batches = verdicts_of(request)
        meaning = _meaning(verdict)
        return Answer(
            request.id, verdict=str(verdict), forecast=forecast, batches=batches, meaning=meaning
        )
    except SteepestError as error:
        return Answer(request.id, error=str(error))


def _run(request: RunRequest) -> Answer:
    from steepest.api.minimize import minimize

    is_sgd = request.optimizer == "SGD"
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
        meaning=_meaning(run.verdict),
    )


def _meaning(verdict: "Verdict") -> list[str]:
    from steepest.reports.kinds import Kind

    return Kind("verdicts", verdict.kind).text()


def encode(message: msgspec.Struct) -> bytes:
    return msgspec.json.encode(message)


def _finite(values: Iterable[float]) -> list[float | None]:
    """JSON has no word for what is not finite."""
    return [float(value) if math.isfinite(value) else None for value in values]
