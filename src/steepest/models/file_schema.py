"""What the descriptions of model files hold."""

from typing import Any, Literal, NotRequired, TypedDict

from steepest.descent.file_schema import WalkData
from steepest.descent.penalty_path import Varied
from steepest.models.inference import Inference, Quality
from steepest.models.likelihood import Likelihood
from steepest.models.metrics import Metrics
from steepest.models.regularization import Rule
from steepest.models.validation import Validation
from steepest.moments.collinearity import Dependence
from steepest.moments.file_schema import SolutionData
from steepest.path.file_schema import VerdictData
from steepest.storage.schema import Count, Option, Size
from steepest.wording.numbers import Direction

FIT = "fit"  # the kind of file
# The arrays of a triangle.
FACTOR_ARRAYS = ("shift", "scale", "mean", "triangle", "norms")
# The arrays of a `Predictor`.
PREDICTOR_ARRAYS = ("centre", "slopes", "low", "level")


class SettingsData(TypedDict, total=False):
    """The types of `Settings`, which checks their values."""

    intercept: bool
    standardize: bool
    ridge: float
    reduction: str
    optimizer: dict[str, Option]
    lr: float | str
    start: list[float] | dict[str, float] | str | None
    epochs: Count | None
    tolerance: float | None
    gradient_tolerance: float | None
    patience: Count | None
    time_limit: float | None
    validation: float | None
    folds: Count | None
    seed: Count
    accuracy: str
    minimum_norm: bool
    dependent: str
    loss: str
    l1: float
    positive: bool
    batch_size: Count | None
    shuffle: bool
    average: bool
    errors: str
    penalty_path: Literal["l1", "ridge"] | None
    path_rule: Literal["lowest", "one standard error"]
    # Before, what least squares have too stood here.
    shared: dict[str, Any]


class FactorData(TypedDict):
    """What stands beside the arrays of a `Factor`."""

    names: list[str]
    rows: Count
    weight: Size
    roundings: Size
    method: Literal["moments", "qr"]
    unit: NotRequired[Size]


class RegularizationData(TypedDict):
    """What stands beside the arrays of a `RegularizationPath`."""

    penalty: Varied
    rule: Rule
    folds: Count | None
    interrupted: bool


class LabelsData(TypedDict):
    """The labels of classes."""

    kind: Literal["text", "number", "boolean"]
    values: list[str | bool | int | float]


class StepData(TypedDict):
    """What stands beside the arrays of the step that is the fit's."""

    index: Count
    objective: float
    learning_rate: float
    validation: float | None


class ForecastNumbers(TypedDict):
    """The fields of a `Forecast`."""

    eigenvalues: tuple[float, ...]
    condition_number: float
    stable_rate: float
    best_rate: float
    optimizer: str
    momentum: float
    learning_rate: float | None
    growth: float | None
    slowest: Direction | None
    stiffest: Direction | None
    epochs_per_thousandth: float | None


class ForecastParts(TypedDict, total=False):
    """The parts of a forecast that not every descent has, and its facts."""

    quadratic: bool
    raw_condition_number: float | None
    standardized_condition_number: float | None
    epochs_to_settle: int | None
    epochs_to_tolerance: int | None
    plain_rate: float | None
    plain_epochs: int | None
    batch_size: int | None
    rows: int | None
    measured_rows: int | None
    minimum: float | None
    noise_floor: float | None
    independent_floor: float | None
    half_rate_floor: float | None
    twice_batch_floor: float | None
    averaged_floor: float | None
    epochs_to_floor: float | None
    excess: float | None
    noise: float | None
    facts: list[dict[str, Any]]


class ForecastData(TypedDict):
    """A forecast as it was made."""

    numbers: ForecastNumbers
    sentences: list[str]
    data: ForecastParts


class KeptData(TypedDict):
    """What stands beside the arrays of a path of mini-batches."""

    rule: str
    reason: str
    happened: NotRequired[dict[str, Any]]
    last_epoch: Count
    taken_back: NotRequired[Count]


class FileData(TypedDict):
    """The file of any fit."""

    description: str
    notes: list[str]
    facts: NotRequired[list[dict[str, Any]]]
    encoding: dict[str, Any]
    settings: dict[str, Any]
    epochs: Count | str  # digits, of more than a whole number of a file holds
    moments: NotRequired[dict[str, Any]]
    walk: NotRequired[WalkData]
    inference: NotRequired[Inference | None]
    likelihood: NotRequired[Likelihood | None]
    regularization: NotRequired[RegularizationData]


class TrianglesData(FileData):
    """The file of a fit of least squares: its triangles."""

    factors: list[FactorData]
    residual_digits: float
    dependence: Dependence
    interrupted: bool
    rate: NotRequired[Size]  # of lr="auto"
    solution: NotRequired[SolutionData]
    intercept: NotRequired[float | None]  # of a former kind


class HeldOutData(TypedDict):
    """What files of a former kind say of held-out rows."""

    rows: Count
    objective: float
    best_epoch: Count
    best_objective: float


class CertificateData(TypedDict):
    """What is known of how far the parameters are from the minimum, beside the arrays."""

    decrement: float | None
    singular: bool
    steps_vanish: bool


class RecordedData(FileData):
    """The file of any other fit: the recorded steps, and what was found."""

    labels: LabelsData | None
    rows: Count
    weight: Size
    step: StepData
    metrics: Metrics
    quality: NotRequired[Quality | None]
    validation: NotRequired[Validation | None]
    verdict: VerdictData
    forecast: ForecastData
    certificate: NotRequired[CertificateData]
    without: NotRequired[list[str]]
    lr: NotRequired[str]
    kept: NotRequired[KeptData]
    held_out: NotRequired[HeldOutData | None]  # of a former kind
    validation_metrics: NotRequired[Metrics | None]  # of a former kind
