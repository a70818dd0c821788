"""What a model file knows of a descent whose rows it does not hold."""

from dataclasses import asdict, dataclass
from typing import Any, NoReturn, final

from steepest.arrays import Floats
from steepest.diagnosis.forecast import Forecast
from steepest.errors import InputError, StorageError
from steepest.losses import Multinomial
from steepest.models.file_schema import ForecastData, ForecastNumbers
from steepest.models.options import Settings
from steepest.problems.coordinates import LARGE, Coordinates
from steepest.problems.linear_model import LinearModel, class_names
from steepest.storage.array_checks import Arrays, floats
from steepest.wording.fact import facts_saying


@final
@dataclass(frozen=True, eq=False)
class StoredModel(LinearModel):
    """A linear model whose rows are not at hand: names and coordinates, but no objective."""

    weight: float

    @staticmethod
    def of(
        arrays: Arrays,
        weight: float,
        columns: tuple[str, ...],
        settings: Settings,
        labels: tuple[str, ...] | None,
    ) -> "StoredModel":
        """The model in these coordinates. Raises StorageError where they cannot be its own."""
        shape = (len(columns),)
        centre, spread = (floats(arrays, name, shape, below=LARGE) for name in ("centre", "spread"))
        if not (spread > 0.0).all():
            raise StorageError("array spread is damaged: expected numbers above 0")
        intercept = settings.intercept
        names = columns + (("intercept",) if intercept else ())
        if isinstance(settings.loss, Multinomial):
            names = class_names(names, labels or ())
        coordinates = Coordinates(centre, spread, intercept)
        plan = settings.plan
        return StoredModel(names, plan.loss, plan.penalty, coordinates, settings.reduction, weight)

    @property
    def is_quadratic(self) -> bool:
        """No: a quadratic is asked for its minimum, and without the rows that is not known."""
        return False

    @property
    def sums_rows(self) -> bool:
        return False

    @property
    def total_weight(self) -> float:
        return self.weight

    def best_constant(self) -> NoReturn:
        self._refuse()

    @property
    def largest_moment(self) -> NoReturn:
        self._refuse()

    def _sums(self, flat: Floats) -> NoReturn:
        self._refuse()

    def second_sums(self, parameters: Floats) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise InputError(
            "a model file holds no rows, so the objective cannot be computed anywhere else; "
            "the steps of path.recorded are there"
        )


def stored_forecast(forecast: Forecast) -> dict[str, Any]:
    """A forecast as plain data for a file."""
    numbers = {name: getattr(forecast, name) for name in ForecastNumbers.__annotations__}
    for name in ("slowest", "stiffest"):
        if numbers[name] is not None:
            numbers[name] = asdict(numbers[name])
    numbers["eigenvalues"] = list(forecast.eigenvalues)
    return {
        "numbers": numbers,
        "sentences": forecast.sentences(),
        "data": forecast.to_dict(),
    }


def restored_forecast(stored: ForecastData, names: tuple[str, ...]) -> Forecast:
    """The forecast that `stored_forecast` gave."""
    parts: dict[str, Any] = {**stored["data"]}
    facts = facts_saying(stored["sentences"], parts.pop("facts", ()))
    return Forecast(names=names, **stored["numbers"], **parts, facts=facts)
