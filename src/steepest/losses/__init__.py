"""Losses of a linear predictor: the error of one row, with its first and second derivative.

>>> Huber(1.5), parse_loss("quantile:0.9")
(Huber(delta=1.5), Quantile(quantile=0.9))
"""

from steepest.losses.by_name import LOSSES, make_loss, parse_loss
from steepest.losses.counts_and_amounts import Gamma, Poisson, Tweedie
from steepest.losses.loss import Loss, ScalarLoss
from steepest.losses.multinomial import Multinomial
from steepest.losses.regression import Absolute, Huber, LogCosh, Quantile, Squared
from steepest.losses.two_classes import Hinge, Logistic, SquaredHinge

__all__ = [
    "LOSSES",
    "Absolute",
    "Gamma",
    "Hinge",
    "Huber",
    "LogCosh",
    "Logistic",
    "Loss",
    "Multinomial",
    "Poisson",
    "Quantile",
    "ScalarLoss",
    "Squared",
    "SquaredHinge",
    "Tweedie",
    "make_loss",
    "parse_loss",
]
