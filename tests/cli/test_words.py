"""What a newcomer may not know in a result is explained below it, and by `steepest help`."""

import pytest
from click.testing import CliRunner

from steepest.cli.help import legend
from steepest.cli.main import steepest
from steepest.errors import InputError
from steepest.wording.fact import phrase


def shown(*arguments: str) -> str:
    return CliRunner().invoke(steepest, list(arguments), catch_exceptions=False).output


def test_only_words_that_stand_in_a_result_are_explained() -> None:
    fit = shown("fit", "sample:noisy-line")
    line = " ".join(fit.rpartition("\n\n")[2].split())
    assert line == f"{phrase('meaning of digits')} On condition and converged: steepest help WORD."
    assert legend("each factor of\n1000") == "On factor: steepest help WORD."
    assert legend("The objective is 3.") == ""
    assert "steepest help" not in shown("fit", "sample:noisy-line", "--quiet")
    assert "steepest help" not in shown("fit", "sample:noisy-line", "--json")


@pytest.mark.parametrize("word", ["along", "condition", "digits", "excess", "factor"])
def test_help_explains_a_word(word: str) -> None:
    assert word in shown("help", word).partition(":")[0].lower()


def test_help_shows_a_command_and_all_of_them() -> None:
    assert "--target" in shown("help", "fit")
    assert "Usage: steepest fit" in shown("help", "fit")
    assert "minimize" in shown("help") and "what WORD means in a result" in shown("help")
    with pytest.raises(
        InputError, match=r"there is no help on 'digit'; there is on along, .*digits"
    ):
        shown("help", "digit")
