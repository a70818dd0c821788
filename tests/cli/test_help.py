"""`--help`: every option under a heading, in lines that fit a terminal of 80 columns."""

import re

import click
import pytest
from click.testing import CliRunner

from steepest.cli.command import HeadedCommand, HeadedOption
from steepest.cli.main import steepest

HEADINGS = {
    "fit": [
        "Rows", "Reading text files", "Loss and penalty", "Descent", "Mini-batches", "Stopping",
        "Held-out rows", "Exactness", "Output",
    ],
    "compare": [
        "What is compared", "Rows", "Reading text files", "Loss and penalty", "Descent",
        "Stopping", "Output",
    ],
    "predict": ["Rows", "Reading text files", "Output"],
    "show": ["Output"],
    "minimize": ["Descent", "Stopping", "Formula", "Output"],
    "search": [
        "Grid", "Rows", "Reading text files", "Loss and penalty", "A descent beside it", "Output",
    ],
    "lab": ["Server", "Output"],
    "lesson": ["Lesson", "Output"],
    "graph": ["Values", "Output"],
    "help": ["Output"],
}  # fmt: skip


@pytest.mark.parametrize("name", HEADINGS)
def test_every_option_stands_under_its_heading(name: str) -> None:
    command = steepest.commands[name]
    assert isinstance(command, HeadedCommand)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert all(isinstance(one, HeadedOption) for one in options)
    result = CliRunner().invoke(steepest, [name, "--help"], terminal_width=80)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line[:-1] for line in lines if line.endswith(":") and line[0] != " "] == HEADINGS[name]
    assert max(map(len, lines)) <= 80
    for option in options:
        assert option.help
        assert re.search(rf" {option.opts[0]}[ ,]", result.output)
    assert lines[-1].split() == ["-h,", "--help", "Show", "this", "message", "and", "exit."]


def test_all_commands_are_looked_at() -> None:
    assert set(steepest.commands) == set(HEADINGS)


@pytest.mark.parametrize("name", HEADINGS)
def test_the_texts_begin_in_one_column(name: str) -> None:
    command = steepest.commands[name]
    output = CliRunner().invoke(steepest, [name, "--help"], terminal_width=80).output
    column = output.splitlines()[-1].index("Show this message")
    for option in command.params:
        if isinstance(option, click.Option) and option.help is not None:
            beginning = " ".join(option.help.split()[:2])
            assert any(line.find(beginning) == column for line in output.splitlines()), option.name
