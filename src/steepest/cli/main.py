"""The command line as a whole: every outcome has its exit code."""

import errno
import gc
import gettext
import os
import signal
import sys
import threading
from collections import UserDict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import final

import click

from steepest import __version__
from steepest.cli.command import HeadedGroup, HeadedOption, asked_language, with_names
from steepest.cli.outputs import INTERRUPTED, UNWRITABLE, fail
from steepest.cli.signals import interrupt, nothing_left_behind
from steepest.cli.terminal import doors
from steepest.errors import SteepestError, cause
from steepest.translation import CATALOGUES, Language, say, speaking, spoken
from steepest.wording.commands import WORDS
from steepest.wording.language import language_of

# What only writing can meet: no space, a limit of the user's or of the file system, no right.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

_SELDOM = 300_000  # new objects until Python looks for garbage; its own number is 700


@contextmanager
def in_language(language: Language | None = None) -> Iterator[None]:
    """Meanwhile this language is spoken, or the one that the command line asks for; by click too,
    whose sentences are looked up in the same catalogue.
    """
    language = language or asked_language(sys.argv[1:]) or spoken()
    with speaking(language):
        if language == "en":
            yield
            return
        before = os.environ.get("LANGUAGE", ""), gettext.textdomain()
        os.environ["LANGUAGE"] = language
        gettext.bindtextdomain("steepest", CATALOGUES)
        gettext.textdomain("steepest")
        try:
            yield
        finally:
            os.environ["LANGUAGE"] = before[0]
            gettext.textdomain(before[1])


@contextmanager
def _modules_kept() -> Iterator[None]:
    """Most objects of a short command are its modules', which stay: looking through them for
    garbage while they are loaded took a twentieth of the time of a fit, and as Python ends a fifth
    of that of a help. Where a fit has been, its end stays: DuckDB's binding would complain of what
    is left.
    """
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM)
    try:
        yield
    finally:
        if "numpy" not in sys.modules and not gc.get_freeze_count():
            gc.freeze()
        gc.set_threshold(*before)


@_modules_kept()
@doors()
@nothing_left_behind()
@in_language()
def main() -> None:
    """Run the command line; every outcome has its exit code.

    0: done; 2: something handed in cannot be used; 1: a fault of steepest; 74: the result could not
    be written; 130: Ctrl-C.
    """
    debug = "--debug" in sys.argv
    before = signal.getsignal(signal.SIGINT)
    listens = before is signal.default_int_handler
    if listens and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupt)
    try:
        try:
            language_of()  # one of the environment that is none of ours is told
            code = steepest.main(standalone_mode=False)
        finally:  # of an interrupted run too
            sys.stdout.flush()
    except click.exceptions.Abort:
        code = fail(say("interrupted"), INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.ctx.get_help() if error.ctx is not None else "", file=sys.stderr)
        code = 2
    except click.ClickException as error:
        code = fail(_in_our_words(error), 2)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends it at once
        code = fail(say("interrupted"), INTERRUPTED)
    except OSError as error:
        _trace(debug)
        code = fail(_refusal(error), UNWRITABLE if error.errno in _FULL else 2)
    except SteepestError as error:
        _trace(debug)
        code = fail(_as_options(str(error)), error.exit_code)
    except MemoryError:
        code = fail(
            say("there is not enough memory for this; use fewer columns or a smaller table"), 1
        )
    except Exception as error:
        _trace(debug)
        code = fail(
            say(
                "steepest itself failed ({name}: {error}); run again with --debug for the details",
                name=type(error).__name__,
                error=error,
            ),
            1,
        )
    if signal.getsignal(signal.SIGINT) is interrupt:
        signal.signal(signal.SIGINT, before)
    sys.exit(code if isinstance(code, int) else 0)


def _in_our_words(error: click.ClickException) -> str:
    """What click says, set in the language spoken."""
    message = error.format_message()
    if spoken() == "en":
        return message
    message = message.replace("。 ", "。")
    if isinstance(error, click.MissingParameter):
        message = with_names(message)
    return f"{message.removesuffix('.')}。" if message.endswith(".") else message


def _refusal(error: OSError) -> str:
    """What the system refused: results have their own errors, so that it is mostly a reading."""
    reason = cause(error)
    if error.errno in _FULL:
        return say(
            "{value} could not be written: {reason}",
            value=error.filename or say("a file"),
            reason=reason,
        )
    return say(
        "{value} could not be read: {reason}", value=error.filename or say("a file"), reason=reason
    )


def _as_options(message: str) -> str:
    """A message with the arguments that it names as options of any command."""
    from steepest.cli.as_options import error_as_options

    parameters = [each for command in steepest.commands.values() for each in command.params]
    return error_as_options(
        message, {each.name for each in parameters if isinstance(each, click.Option)}
    )


def _trace(debug: bool) -> None:
    if debug:
        import traceback

        traceback.print_exc()


@final
class _Commands(UserDict[str, click.Command]):
    """The commands by name: each file has its own, and is imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in self.data:
            raise KeyError(name)
        command: click.Command = getattr(import_module(f"steepest.cli.{name}"), name)
        return command


@click.group(
    cls=HeadedGroup,
    commands=_Commands.fromkeys(WORDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__,
    prog_name="steepest",
    cls=HeadedOption,
    heading="Options",
    help="Show the version and exit.",
)
def steepest() -> None:
    """Gradient descent on a formula or a table of any size, and why it went the way it did."""
