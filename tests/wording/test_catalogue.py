"""Languages: how one is chosen, and what is looked up."""

import importlib.util
from pathlib import Path

import pytest

import steepest
from steepest.cli.command import asked_language
from steepest.translation import Language, say, speaking, spoken
from steepest.wording.fact import fact, facts_saying, text_of
from steepest.wording.numbers import listed
from steepest.wording.text_table import terminal_width, wrapped

MAKER = Path(__file__).parents[2] / "translations" / "catalogue.py"


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    """And with the values that it has; what is made from the translations is fresh."""
    specification = importlib.util.spec_from_file_location("catalogue", MAKER)
    assert specification is not None and specification.loader is not None
    maker = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(maker)
    for language in maker.TRANSLATED:
        assert list(maker.faults(language, maker.updated(language))) == []


def test_a_language_is_spoken_until_another_is_chosen() -> None:
    assert steepest.language() == "en"
    with speaking("en"):
        assert steepest.language("zh_CN") == "zh"
        assert listed(["a", "b", "c"]) == "a、b 和 c"
    assert spoken() == "en"
    with pytest.raises(steepest.InputError, match="there is no language 'klingon': they are en"):
        steepest.language("klingon")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_facts_are_known_again_in_the_other_language(language: Language) -> None:
    facts = (fact("no noise"), fact("lower floors", half_rate=0.5, twice_batch=0.25))
    with speaking(language):
        said = [str(each) for each in facts]
    assert facts_saying(said, [each.to_dict() for each in facts]) == facts
    assert text_of(facts_saying(["Something else."], [facts[0].to_dict()])) == "Something else."


def test_braces_of_a_text_without_values_stay() -> None:
    assert say("steepest.watch({'w': w})") == "steepest.watch({'w': w})"
    assert str(steepest.InputError("of {'w': w}")) == "of {'w': w}"
    assert str(steepest.InputError("of {name!r}", name="{w}")) == "of '{w}'"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["fit", "a.csv", "--lang", "zh"], "zh"),
        (["fit", "--lang=zh"], "zh"),
        (["fit", "--lang", "xx"], None),
        (["fit", "a.csv"], None),
    ],
)
def test_a_command_line_asks_for_a_language(words: list[str], language: str | None) -> None:
    assert asked_language(words) == language


def test_lines_end_between_letters_that_have_no_spaces() -> None:
    lines = wrapped("学习率是 0.1，每一步都沿着负梯度方向走，直到收敛。" * 3, 40, "- ", "  ")
    assert max(map(terminal_width, lines)) <= 40
    assert all(line.lstrip("- ")[0] not in "，。" for line in lines)
    assert "".join(line[2:] for line in lines).replace(" ", "").startswith("学习率是0.1，每一步")


def test_nothing_is_said_as_nothing() -> None:
    with speaking("zh"):
        assert say("") == ""
