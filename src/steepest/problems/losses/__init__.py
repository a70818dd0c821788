"""Losses of a linear predictor: the error of one row, with its first and second derivative."""

from steepest.problems.losses.classes import Hinge, Logistic, SquaredHinge
from steepest.problems.losses.distance import Absolute, Huber, LogCosh, Quantile, Squared
from steepest.problems.losses.loss import Loss, ScalarLoss
from steepest.problems.losses.make import LOSSES, make_loss, parse_loss
from steepest.problems.losses.multinomial import Multinomial
from steepest.problems.losses.positive import Gamma, Poisson, Tweedie

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
