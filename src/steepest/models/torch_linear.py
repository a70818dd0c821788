"""The linear predictors of a fit as a torch module that loses no digits far from 0."""

from typing import final

import torch
from torch import Tensor
from torch.nn.functional import linear

from steepest.arrays import Floats
from steepest.models.predictor import Predictor


@final
class PredictorModule(torch.nn.Linear):
    """`x @ weight.T + bias`, computed about the centre of a predictor.

    What is left of `bias + weight·centre`, two numbers that may be as large as the columns, is
    known to the predictor: it is added as a constant. Gradients are those of a plain Linear.
    """

    centre: Tensor
    rest: Tensor

    def __init__(self, lines: Floats, predictor: Predictor, *, intercept: bool) -> None:
        k, p = predictor.slopes.shape
        super().__init__(p, k, bias=intercept, dtype=torch.float64)
        # Not in the state: what it is loaded into may be a plain Linear.
        self.register_buffer("centre", torch.tensor(predictor.centre), persistent=False)
        self.register_buffer("rest", torch.zeros(k, dtype=torch.float64), persistent=False)
        with torch.no_grad():
            self.weight[:] = torch.tensor(lines[:, :p])
            if intercept:
                self.bias[:] = torch.tensor(lines[:, p])
                self.rest[:] = torch.tensor(predictor.level) - self._level

    def forward(self, x: Tensor) -> Tensor:
        """η (…, k) of rows (…, p)."""
        return linear(x - self.centre, self.weight) + (self._level + self.rest)

    @property
    def _level(self) -> Tensor:
        """The plain predictors at the centre."""
        return linear(self.centre, self.weight, self.bias)
