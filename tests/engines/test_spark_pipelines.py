"""The estimator in pipelines of pyspark.ml: what Spark's own regression and scikit-learn give."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor, Ridge

from steepest.errors import InputError

sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
    # Spark's own import warns about the pandas it finds; nothing here uses pandas.
    pytest.mark.filterwarnings("ignore"),
]
ROWS = 400


def arrays() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(8)
    features = random.normal(size=(ROWS, 2))
    return features, features @ [1.5, -0.5] + 2.0 + random.normal(size=ROWS)


@pytest.fixture(scope="module")
def frame() -> Iterator[Any]:
    builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    features, y = arrays()
    rows = np.column_stack([features, y, np.exp(0.3 * y).round()]).tolist()
    made = session.createDataFrame(rows, "x double, z double, y double, visits double")
    yield made.repartition(2).cache()
    session.stop()


def estimator(**params: Any) -> Any:
    from steepest.estimators.spark import SteepestEstimator

    return SteepestEstimator(**params)


def predicted(model: Any, frame: Any, name: str = "prediction") -> np.ndarray:
    rows = model.transform(frame).select("x", name).collect()
    order = {x: at for at, x in enumerate(arrays()[0][:, 0].tolist())}
    found = np.empty(ROWS)
    for row in rows:
        found[order[row["x"]]] = row[name]
    return found


def test_a_pipeline_with_a_column_of_vectors(frame: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline, PipelineModel
    from pyspark.ml.feature import VectorAssembler

    features, y = arrays()
    stages = [VectorAssembler(inputCols=["x", "z"], outputCol="features")]
    pipeline = Pipeline(stages=[*stages, estimator(labelCol="y", predictionCol="said")])
    model = pipeline.fit(frame)
    columns = np.column_stack([features, np.ones(ROWS)])
    expected, *_ = np.linalg.lstsq(columns, y)
    fitted = model.stages[-1].fitted
    assert list(fitted.coefficients) == ["features_x", "features_z"]
    assert [*fitted.coefficients.values(), fitted.intercept] == pytest.approx(expected, rel=1e-10)
    assert predicted(model, frame, "said") == pytest.approx(columns @ expected, rel=1e-9)
    assert model.transform(frame).columns == ["x", "z", "y", "visits", "features", "said"]
    model.write().overwrite().save(str(tmp_path / "model"))
    again = PipelineModel.load(str(tmp_path / "model"))
    assert predicted(again, frame, "said") == pytest.approx(columns @ expected, rel=1e-9)
    pipeline.write().overwrite().save(str(tmp_path / "pipeline"))
    assert Pipeline.load(str(tmp_path / "pipeline")).getStages()[-1].getPredictionCol() == "said"


def test_columns_loss_and_penalty(frame: Any) -> None:
    features, y = arrays()
    options = {"standardize": False}
    model = estimator(columns=["x", "z"], labelCol="y", ridge=0.2, options=options).fit(frame)
    sklearn = Ridge(alpha=0.2 * ROWS).fit(features, y)
    assert predicted(model, frame) == pytest.approx(sklearn.predict(features), rel=1e-8)
    counts = np.exp(0.3 * y).round()
    poisson = estimator(columns=["x", "z"], labelCol="visits", loss="poisson").fit(frame)
    expected = PoissonRegressor(alpha=0.0, tol=1e-10, max_iter=1000).fit(features, counts)
    assert [*poisson.fitted.coefficients.values()] == pytest.approx(expected.coef_, rel=1e-5)
    assert predicted(poisson, frame) == pytest.approx(expected.predict(features), rel=1e-5)


def test_tuning_by_spark(frame: Any) -> None:
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.tuning import ParamGridBuilder, TrainValidationSplit

    tuned = estimator(columns=["x", "z"], labelCol="y")
    grid = ParamGridBuilder().addGrid(tuned.ridge, [0.0, 100.0]).build()
    split = TrainValidationSplit(
        estimator=tuned,
        estimatorParamMaps=grid,
        evaluator=RegressionEvaluator(labelCol="y"),
        seed=3,
    )
    assert split.fit(frame).bestModel.fitted.coefficients["x"] == pytest.approx(1.5, abs=0.2)


def test_what_cannot_be(frame: Any) -> None:
    with pytest.raises(InputError, match="there is no column of vectors 'features'; assemble one"):
        estimator(labelCol="y").fit(frame)
    with pytest.raises(InputError, match=r"has no parameter 'epochs'; arguments of steepest\.fit"):
        estimator(epochs=3)
