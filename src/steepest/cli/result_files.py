"""The files that results are written to: all checked before the work, all written after it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from shutil import which
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from steepest.cli import fit_words
from steepest.cli.help import legend
from steepest.cli.options import listed
from steepest.cli.outputs import (
    INTERRUPTED,
    PICTURES,
    check_ending,
    check_outputs,
    print_json,
    save_picture,
    say_written,
)
from steepest.errors import InputError
from steepest.results.fit import Fit
from steepest.translation import say

if TYPE_CHECKING:
    from steepest.cli.calculus import Calculus
    from steepest.cli.result_words import Runs

    Result: TypeAlias = Runs | Fit

_REPORTS = (".html", ".htm")
_TABLES = (".csv", ".json")
_MOVING = (".gif", ".mp4")
_OVER = ("curve", "contour", "surface")  # which are drawn over chosen parameters


@final
@dataclass(frozen=True)
class ResultFiles:
    """The files asked for; None for the others.

    `view` is what `plot` and `animate` show, over the `parameters`, which the report takes too.
    """

    save: str | None = None
    report: str | None = None
    plot: str | None = None
    view: str | None = None
    animate: str | None = None
    parameters: str | None = None
    steps: str | None = None

    @staticmethod
    def of(options: dict[str, Any]) -> "ResultFiles":
        """Take the files out of the options of a command."""
        names = [each.name for each in fields(ResultFiles)]
        return ResultFiles(**{name: options.pop(name) for name in names if name in options})

    @property
    def outputs(self) -> list[str | None]:
        """All files that will be written."""
        return [self.save, self.report, self.plot, self.animate, self.steps]

    def check_names(self) -> None:
        """Refuse a run's file, or a report, whose name says that it is something else."""
        check_ending("--save", self.save, (".steepest",))
        check_ending("--report", self.report, _REPORTS)

    def check(
        self, kind: Literal["fit", "path", "study"], runs: int = 1, inputs: Sequence[str] = ()
    ) -> None:
        """Say before the long work what could not be written of such a result. Raises InputError.

        `inputs`: files that are read, which none may overwrite.
        """
        check_ending("--plot", self.plot, PICTURES)
        check_ending("--animate", self.animate, _MOVING)
        check_ending("--steps", self.steps, _TABLES)
        self._check_parameters(runs)
        if self.view is not None:
            self._check_view(self.view, kind)
        if str(self.animate).lower().endswith(".mp4") and which("ffmpeg") is None:
            raise InputError(
                "{animate} needs ffmpeg, which is not installed; write a .gif", animate=self.animate
            )
        if self.save is not None and runs > 1:
            raise InputError(
                "--save takes one run, and these are {runs}; give one --start, --lr and "
                "--optimizer. --steps, --plot, --animate and --report take all",
                runs=runs,
            )
        check_outputs(self.outputs, inputs)

    def write(self, result: "Result", quiet: bool) -> None:
        """Write them all, the numbers first, and say so."""
        for file, write in (
            (self.save, self._save),
            (self.steps, self._steps),
            (self.report, self._report),
            (self.plot, self._plot),
            (self.animate, self._animate),
        ):
            if file is not None:
                write(result, file)
                say_written([file], quiet)

    @property
    def _names(self) -> list[str] | None:
        return listed(self.parameters)

    @property
    def _shown(self) -> str | None:
        """The picture: where parameters are chosen and nothing else is said, a contour."""
        return self.view or (None if self.parameters is None else "contour")

    def _check_view(self, view: str, kind: str) -> None:
        from steepest.pictures.catalogue import FIT_VIEWS, STUDY_PICTURES
        from steepest.pictures.picture import checked
        from steepest.pictures.scenes import PATH_PICTURES, STUDY_SCENES

        if self.plot is None and self.animate is None:
            raise InputError(
                "--view says what --plot and --animate draw; give one of them a file too"
            )
        pictures = {"fit": FIT_VIEWS, "path": PATH_PICTURES, "study": STUDY_PICTURES}[kind]
        checked(view, pictures, "picture")
        if self.animate is not None:
            checked(view, STUDY_SCENES if kind == "study" else PATH_PICTURES, "film")

    def _check_parameters(self, runs: int) -> None:
        names = self._names
        if names is None:
            return
        if runs > 1:
            raise InputError(
                "--parameters is for one run, and these are {runs}; leave it out", runs=runs
            )
        if self.report is self.plot is self.animate is None:
            raise InputError(
                "--parameters says what --report, --plot and --animate draw over; give one "
                "of them a file too"
            )
        if self.report is None and self._shown not in _OVER:
            raise InputError(
                "--parameters says what a contour, surface or curve is drawn over, and "
                "--view is {view}; leave one out",
                view=self.view,
            )
        one = self._shown == "curve" and self.report is None
        if len(names) != (1 if one else 2):
            wanted = say("one parameter") if one else say("two parameters, for example x,intercept")
            raise InputError(
                "--parameters is {parameters!r}; give {wanted}",
                parameters=self.parameters,
                wanted=wanted,
            )

    @property
    def _drawn_over(self) -> list[str] | None:
        return self._names if self._shown in _OVER else None

    def _save(self, result: Any, file: str) -> None:
        result.save(file)

    def _steps(self, result: Any, file: str) -> None:
        from steepest.cli.steps import write_steps

        write_steps(result, file)

    def _report(self, result: Any, file: str) -> None:
        shown: Any = fit_words.with_options(result) if isinstance(result, Fit) else result
        shown.report(file, *([] if self._names is None else [tuple(self._names)]))

    def _plot(self, result: "Result", file: str) -> None:
        from steepest.pictures.catalogue import draw

        save_picture(draw(result, self._shown, self._drawn_over), file)

    def _animate(self, result: "Result", file: str) -> None:
        from steepest.pictures.animate import animate

        animate(result, file, self._shown, parameters=self._drawn_over)


def finish(
    result: "Result",
    files: ResultFiles,
    as_json: bool,
    quiet: bool,
    calculus: "Calculus | None" = None,
) -> None:
    """Write the files, print the result, and leave with the code of an interrupted run."""
    present(result, files, as_json, quiet, calculus)
    if _words_of(result).was_interrupted(result):
        sys.exit(INTERRUPTED)


def present(
    result: "Result",
    files: ResultFiles,
    as_json: bool,
    quiet: bool,
    calculus: "Calculus | None" = None,
) -> None:
    """Write the files and print the result."""
    words = _words_of(result)
    try:
        files.write(result, quiet)
    except KeyboardInterrupt:
        calculus = None  # Ctrl-C is answered at once; what was being imported may be half there
        raise
    finally:  # a picture that fails does not take the numbers with it
        about = () if calculus is None else (calculus,)
        if as_json:
            print_json(words.to_dict(result, *about))
        elif not quiet:
            text = words.summarize(result, *about)
            explained = legend(text, words.kinds_told(result))
            print("\n\n".join(filter(None, [text, explained])))


def _words_of(result: "Result") -> ModuleType:
    """The words of its kind: those of runs load formulas and graphs, which no fit needs."""
    if isinstance(result, Fit):
        return fit_words
    from steepest.cli import result_words

    return result_words
