"""Estimators for scikit-learn's pipelines and searches. They need `steepest[sklearn]`.

>>> import numpy as np
>>> model = GradientDescentRegressor().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
>>> model.predict([[3.0]]).round(6)
array([7.])
"""

try:
    import sklearn as _  # noqa: F401 (what follows is of no use without it)
except ImportError:
    raise ImportError(
        "steepest.estimators needs scikit-learn: pip install 'steepest[sklearn]'"
    ) from None

from steepest.estimators.classifier import GradientDescentClassifier
from steepest.estimators.regressor import GradientDescentRegressor

__all__ = ["GradientDescentClassifier", "GradientDescentRegressor"]
