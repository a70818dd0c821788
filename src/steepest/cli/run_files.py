"""The files that runs are written to: all checked before the descent, all written after it."""

import sys
from dataclasses import dataclass, fields
from shutil import which
from typing import Any, final

from steepest.cli.calculus import Calculus
from steepest.cli.outputs import (
    INTERRUPTED,
    PICTURES,
    check_ending,
    check_outputs,
    print_json,
    save_picture,
    say_written,
)
from steepest.cli.run_output import Runs, summarize, to_dict, was_interrupted
from steepest.cli.steps import write_steps
from steepest.errors import InputError
from steepest.results.run import Run
from steepest.results.study import Study

_REPORTS = (".html", ".htm")
_TABLES = (".csv", ".json")
_MOVING = (".gif", ".mp4")


@final
@dataclass(frozen=True)
class RunFiles:
    """The files asked for; None for the others. `view` is what `plot` shows."""

    save: str | None = None
    report: str | None = None
    plot: str | None = None
    view: str | None = None
    animate: str | None = None
    steps: str | None = None

    @staticmethod
    def of(options: dict[str, Any]) -> "RunFiles":
        """Take the files out of the options of a command."""
        return RunFiles(**{each.name: options.pop(each.name) for each in fields(RunFiles)})

    def check(self, runs: int) -> None:
        """Say before the long work what could not be written. Raises InputError."""
        check_ending("--save", self.save, (".steepest",))
        check_ending("--report", self.report, _REPORTS)
        check_ending("--plot", self.plot, PICTURES)
        check_ending("--animate", self.animate, _MOVING)
        check_ending("--steps", self.steps, _TABLES)
        if self.view is not None:
            self._check_view(self.view, runs)
        if str(self.animate).lower().endswith(".mp4") and which("ffmpeg") is None:
            raise InputError(f"{self.animate} needs ffmpeg, which is not installed; write a .gif")
        for option, file in (("--save", self.save), ("--animate", self.animate)):
            if file is not None and runs > 1:
                raise InputError(
                    f"{option} takes one run, and these are {runs}; give one --start, --lr and "
                    "--optimizer. --steps, --plot and --report take all"
                )
        check_outputs([self.save, self.report, self.plot, self.animate, self.steps], [])

    def write(self, result: Runs, quiet: bool) -> None:
        """Write them all, the numbers first, and say so."""
        for file, write in (
            (self.save, self._save),
            (self.steps, write_steps),
            (self.report, lambda result, file: result.report(file)),
            (self.plot, self._plot),
            (self.animate, self._animate),
        ):
            if file is not None:
                write(result, file)
                say_written([file], quiet)

    def _check_view(self, view: str, runs: int) -> None:
        from steepest.pictures.catalogue import PATH_PICTURES, STUDY_PICTURES
        from steepest.pictures.picture import checked
        from steepest.pictures.scenes import FILMS

        if self.plot is None and self.animate is None:
            raise InputError("--view says what --plot draws; give --plot a file too")
        checked(view, PATH_PICTURES if runs == 1 else STUDY_PICTURES, "picture")
        if self.animate is not None:
            checked(view, FILMS, "film")

    def _save(self, result: Runs, file: str) -> None:
        assert isinstance(result, Run)
        result.save(file)

    def _plot(self, result: Runs, file: str) -> None:
        from steepest.pictures.catalogue import draw_path, draw_study

        if isinstance(result, Study):
            save_picture(draw_study(result, self.view), file)
        else:
            save_picture(draw_path(result, self.view), file)

    def _animate(self, result: Runs, file: str) -> None:
        from steepest.pictures.animate import animate

        assert isinstance(result, Run)
        animate(result, file, self.view)


def finish_runs(
    result: Runs, files: RunFiles, calculus: Calculus | None, as_json: bool, quiet: bool
) -> None:
    """Write the files, print the result, and leave with the code of an interrupted run."""
    try:
        files.write(result, quiet)
    except KeyboardInterrupt:
        calculus = None  # Ctrl-C is answered at once; what was being imported may be half there
        raise
    finally:  # a picture that fails does not take the numbers with it
        if as_json:
            print_json(to_dict(result, calculus.to_dict() if calculus else None))
        elif not quiet:
            print(summarize(result, calculus.text() if calculus else ""))
    if was_interrupted(result):
        sys.exit(INTERRUPTED)
