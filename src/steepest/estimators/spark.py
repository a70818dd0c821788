"""A linear model as an estimator of pyspark.ml: for pipelines, their tuning, and their files."""

import base64
from functools import lru_cache
from typing import Any, final

from pyspark.ml import Estimator, Model
from pyspark.ml.functions import vector_to_array
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasFeaturesCol, HasLabelCol, HasPredictionCol, HasWeightCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import functions

from steepest.api.fit import fit
from steepest.api.load import load
from steepest.errors import InputError
from steepest.models.predictor import PREDICTION
from steepest.results.fit import Fit
from steepest.storage.temporary_files import temporary_folder
from steepest.wording.fact import phrase


class _Columns(HasFeaturesCol, HasPredictionCol):
    """Features as one column of vectors, as pyspark.ml has them, or as columns of their own."""

    columns = Param(
        Params._dummy(),
        "columns",
        phrase("names of feature columns"),
        TypeConverters.toListString,
    )

    def _named(self, dataset: Any) -> tuple[Any, list[str], list[str]]:
        """The rows with a column for each feature; all their names, and those that were added."""
        if self.isDefined(self.columns):
            return dataset, self.getOrDefault(self.columns), []
        vectors = self.getFeaturesCol()
        if vectors not in dataset.columns:
            raise InputError(
                "there is no column of vectors {name!r}; assemble one, or name the features by "
                "columns=[…]",
                name=vectors,
            )
        names = [f"{vectors}_{name}" for name in _elements(dataset, vectors)]
        array = vector_to_array(vectors)
        made = {name: array[place] for place, name in enumerate(names)}
        return dataset.withColumns(made), names, names


def _elements(dataset: Any, vectors: str) -> list[str]:
    """Names of the elements of a column of vectors: those that its assembler gave, or numbers."""
    told = dataset.schema[vectors].metadata.get("ml_attr", {})
    attributes = [each for group in told.get("attrs", {}).values() for each in group]
    if attributes and len(attributes) == told.get("num_attrs"):
        names = [str(each.get("name", "")) for each in sorted(attributes, key=lambda a: a["idx"])]
        if len({*names}) == len(names) and all(map(str.isidentifier, names)):
            return names
    first = dataset.select(functions.size(vector_to_array(vectors)).alias("size")).first()
    if first is None:
        raise InputError("0 rows were found; there is nothing to fit")
    return [str(place) for place in range(first["size"])]


@final
class SteepestModel(Model, _Columns, DefaultParamsReadable, DefaultParamsWritable):
    """What `SteepestEstimator` fitted: adds a column of predictions, in the engine. `fitted` is the
    `steepest.Fit`, with its coefficients, verdict, inference and report.
    """

    saved = Param(Params._dummy(), "saved", phrase("model file in base64"), TypeConverters.toString)

    @property
    def fitted(self) -> Fit:
        """The fit itself."""
        return _fit_of(self.getOrDefault(self.saved))

    def _transform(self, dataset: Any) -> Any:
        rows, _, added = self._named(dataset)
        predicted = self.fitted.predict(rows).drop(*added)
        return predicted.withColumnRenamed(PREDICTION, self.getPredictionCol())


@final
class SteepestEstimator(
    Estimator, _Columns, HasLabelCol, HasWeightCol, DefaultParamsReadable, DefaultParamsWritable
):
    """A linear model by gradient descent, for pipelines of pyspark.ml (extra `spark`).

    It minimises what `steepest.fit` does of the Spark DataFrame, whose rows stay on the workers.

    - `columns`: names of the feature columns; where there are none, `featuresCol` is a column of
      vectors
    - `labelCol`, `weightCol`, `predictionCol`: as everywhere in pyspark.ml
    - `loss`, `ridge`, `l1`: as of `steepest.fit`; a grid of `ParamGridBuilder` may hold them
    - `options`: further arguments of `steepest.fit`, such as {"standardize": False}

    Raises InputError where `steepest.fit` does.

        estimator = SteepestEstimator(columns=["rooms", "area"], labelCol="price", ridge=0.1)
        model = Pipeline(stages=[..., estimator]).fit(frame)
        model.transform(frame).select("price", "prediction")
    """

    loss = Param(Params._dummy(), "loss", phrase("loss"), TypeConverters.toString)
    ridge = Param(Params._dummy(), "ridge", phrase("strength on squares"), TypeConverters.toFloat)
    l1 = Param(Params._dummy(), "l1", phrase("strength on sizes"), TypeConverters.toFloat)
    options = Param(Params._dummy(), "options", phrase("arguments of fit"))

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._setDefault(loss="squared", ridge=0.0, l1=0.0, options={})
        unknown = [name for name in params if not self.hasParam(name)]
        if unknown:
            raise InputError(
                "SteepestEstimator has no parameter {name!r}; arguments of steepest.fit stand in "
                "options={{{name!r}: …}}",
                name=unknown[0],
            )
        self._set(**params)

    def _fit(self, dataset: Any) -> SteepestModel:
        rows, names, _ = self._named(dataset)
        weights = self.getWeightCol() if self.isDefined(self.weightCol) else None
        told = {each: self.getOrDefault(each) for each in ("loss", "ridge", "l1")}
        found = fit(
            rows.select(*names, self.getLabelCol(), *([] if weights is None else [weights])),
            target=self.getLabelCol(),
            features=names,
            weights=weights,
            **told,
            **self.getOrDefault(self.options),
        )
        model = SteepestModel()
        shared = ("columns", "featuresCol", "predictionCol")
        chosen = {name: self.getOrDefault(name) for name in shared if self.isDefined(name)}
        model._set(saved=_file_of(found), **chosen)
        return model


def _file_of(found: Fit) -> str:
    """The model file, as text."""
    with temporary_folder("steepest-spark-") as folder:
        found.save(path := folder / "fit.steepest")
        return base64.b64encode(path.read_bytes()).decode()


@lru_cache(maxsize=16)
def _fit_of(saved: str) -> Fit:
    """The fit of a model file in base64."""
    with temporary_folder("steepest-spark-") as folder:
        path = folder / "fit.steepest"
        path.write_bytes(base64.b64decode(saved))
        found = load(path)
    assert isinstance(found, Fit)
    return found
