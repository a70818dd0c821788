"""A fitted table: coefficients in the user's units, the path to them, and what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from steepest.errors import printable
from steepest.keywords import answer_wrong_keywords
from steepest.models.fit_data import FitData
from steepest.pictures.new_figure import shows
from steepest.tables.encoding_parts import Unseen

if TYPE_CHECKING:
    from torch.nn import Linear

    from steepest.pictures.animate import Film


@final
@dataclass(frozen=True, eq=False, repr=False)
class Fit(FitData):
    """What `steepest.fit` returns, for every loss, penalty and engine.

    What does not apply is None, and `fit.missing("inference")` says why.

    - `coefficients`, `intercept`, `classes`;   `predict`, `predict_proba`, `score`
    - `path`: the descent, a `DescentPath`;   `forecast`, `verdict`;   `step`: where its parameters
      are the fit's: the last, or the one that held-out rows prefer, or the mean of the later ones;
      `epochs`: looks at the rows until there
    - `metrics`, `r2`, `rmse`: of the training rows;   `validation`: what held-out rows say
    - `inference`, `digits`, `distance`: how sure and exact the coefficients are
    - `likelihood`: log-likelihood, AIC, BIC, deviances, pseudo R²
    - `moments`: of all rows, so that tomorrow's can be added
    - `regularization`: the path along which the strength of a penalty was chosen
    - `rows`: used, training and held out;   `notes`: what was done to them

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3, 4], [3, 5, 7, 9.4])
    >>> {name: round(value, 6) for name, value in fit.coefficients.items()}, round(fit.intercept, 6)
    ({'x': 2.12}, 0.8)
    >>> fit.predict([5]).round(6).tolist(), round(fit.score([1, 2], [3, 5]), 4)
    ([11.4], 0.996)
    >>> sorts = steepest.fit([1, 2, 3, 4], ["dry", "wet", "dry", "wet"], loss="logistic")
    >>> sorts.classes, sorts.predict([0, 5]).tolist(), sorts.r2, sorts.missing("r2")
    (('dry', 'wet'), ['dry', 'wet'], None, 'The target is a class, not a number.')
    """

    @staticmethod
    def of(data: FitData) -> "Fit":
        """The fit with its doors."""
        return Fit(**{field.name: getattr(data, field.name) for field in fields(FitData)})

    @answer_wrong_keywords
    def predict(self, source: object, *, unseen: Unseen = "error") -> Any:
        """Predictions for new rows (n,): the labels of classes, else means on the target's scale;
        for a lazy frame the frame with a column `prediction`.

        `source` is what `steepest.fit` takes; the target need not be there, and columns may come in
        any order. Rows that are dropped get nan, or None for a label. A level of text that the fit
        has not seen is an error, or its rows get nan (None) too (`unseen="missing"`), or count as
        of the base level ("base"), with a warning that counts them. Raises InputError for a missing
        column, a wrong type, or such a level.
        """
        from steepest.models.predict import predict

        return predict(self, source, unseen)

    @answer_wrong_keywords
    def predict_proba(self, source: object, *, unseen: Unseen = "error") -> Any:
        """The probability of each class, (n, k), in the order of `classes`; for a lazy frame the
        frame with a column `probability_LABEL` of each.

        Raises InputError for losses without probabilities, and as `predict` does.
        """
        from steepest.models.predict import predict_proba

        return predict_proba(self, source, unseen)

    @answer_wrong_keywords
    def score(self, source: object, target: object = None) -> float:
        """How well the fit follows rows: R² of numbers, for counts and amounts the share of the
        deviance that it explains, of classes the share of rows whose class it predicts.

        `source` and `target` are what `steepest.fit` takes; by default the target is the column of
        the fit's. Raises InputError as `predict` does, and where nothing is to explain.
        """
        from steepest.models.score import score

        return score(self, source, target)

    def missing(self, name: str) -> str:
        """Why `fit.name` is None, in a sentence; "" where it is there.

        >>> import steepest
        >>> steepest.fit([1, 2, 3], [2, 4, 6.5], l1=0.1).missing("inference")
        'No standard errors: their theory does not hold with an L1 penalty.'
        """
        from steepest.models.reasons_for_none import missing

        return missing(self, name)

    def to_torch(self) -> "Linear":
        """A `torch.nn.Linear(features, k)` in float64 that gives the linear predictors.

        It computes them about a centre among the rows, as `predict` does, so that columns far from
        0 cost no digits; `weight` and `bias` are the coefficients and intercepts.
        """
        from steepest.models.torch_linear import PredictorModule

        return PredictorModule(self.lines, self.predictor, intercept=self.settings.intercept)

    def summary(self) -> str:
        """The fit in words and a table, as the command line prints it."""
        from steepest.models.summary import summarize

        return summarize(self)

    def to_dict(self) -> dict[str, object]:
        """Plain data under the keys documented in docs/json.md; no NaN or infinity in it."""
        from steepest.models.summary import to_dict

        return to_dict(self)

    def save(self, path: str | Path) -> None:
        """Write the model to a `.steepest` file (temporary name, then renamed)."""
        from steepest.models.model_file_writer import save

        save(self, path)

    def report(self, path: str | Path, parameters: tuple[str, str] | None = None) -> None:
        """Write the report: one HTML file that needs no network.

        Its pictures are drawn by a script in it, as wide as the page and in its theme; without
        scripts words and tables stand.

        `parameters` are the two that the contour is drawn over; by default the two stiffest, or
        where rows were descended on the two that moved most.
        """
        from steepest.reports.fit_report import write_report

        write_report(self, path, parameters)

    @shows
    def plot(
        self,
        view: str = "objective",
        ax: Any = None,
        *,
        parameters: Sequence[str] | None = None,
        scale: Literal["auto", "linear", "log"] = "auto",
    ) -> Any:
        """Draw a picture of the fit on matplotlib axes, and return the axes.

        `view`, of its path: "objective", "parameters", "gradient" by epoch, on a `scale` (the
        objective by default linear with the logarithm beside it);
        "contour", "surface" over two `parameters`, by default the two along which the objective
        curves most (of rows that were descended on: that moved most), "curve" over one, "plane"
        over the two main directions of the path. Of the model: "coefficients", "intervals",
        "regularization" (along the strength of a penalty); of numbers "predicted", "residuals",
        "line", "noise"; of classes "calibration", "roc", "confusion". One that does not apply says
        why.
        """
        from steepest.pictures.catalogue import draw_fit

        return draw_fit(self, view, ax, parameters, scale)

    def animate(
        self,
        file: str | Path | None = None,
        view: str | None = None,
        *,
        parameters: Sequence[str] | None = None,
        frames: int = 80,
        fps: float = 10.0,
    ) -> "Film | None":
        """Write a GIF, or an MP4 where ffmpeg is installed, in which the steps of the fit's path
        appear; without a file the GIF is returned, which a notebook plays.

        `view` is a picture of the path, by default the "objective"; see `plot`. A long path is
        thinned to `frames` pictures, `fps` a second.
        """
        from steepest.pictures.animate import animate

        return animate(self, file, view, parameters=parameters, frames=frames, fps=fps)

    def __repr__(self) -> str:
        shown = f"{len(self.lines)} classes" if self.is_multinomial else self._terms
        loss = "" if self.settings.is_least_squares else f"{self.loss} loss, "
        said = f"{self.target} ~ {shown}; {loss}{self.rows} rows, {self.verdict.kind}"
        return f"Fit({printable(said)})"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from steepest.reports.widget import bundle_of

        return bundle_of(self)

    def _repr_html_(self) -> str:
        from steepest.models.summary import to_html

        return to_html(self)

    @property
    def _terms(self) -> str:
        values = dict(self.coefficients)
        if self.intercept is not None:
            values["intercept"] = self.intercept
        known = self.reduced is not None  # else a certificate would read the rows
        return ", ".join(
            f"{name}: {self.written(name, value, 6) if known else f'{value:.6g}'}"
            for name, value in values.items()
        )
