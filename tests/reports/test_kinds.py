"""What a verdict or a mistake means stands in each report that says it, and in `steepest help`."""

import re

import pytest
from click.testing import CliRunner

import steepest
from steepest.cli.main import steepest as command
from steepest.errors import InputError
from steepest.reports.fit_report import render_report
from steepest.reports.kinds import Kind, explanations, kinds_called, kinds_of, link
from steepest.reports.run_report import render_run_report
from steepest.reports.study_report import render_study_report
from steepest.reports.terms import TERMS
from steepest.reports.watch_tables import mistakes_table
from steepest.translation import LANGUAGES, Language, speaking
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def unexplained(page: str) -> set[str]:
    """The places that links of a page lead to and that it does not have."""
    wanted = set(re.findall(r'href="#([^"]+)"', page))
    assert wanted
    return wanted - set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_of_a_report_leads_to_what_it_means(language: Language) -> None:
    cycle = Kind("verdicts", "cycle")
    with speaking(language):
        run = steepest.minimize("x**2 - 4*x + 5", start=7, lr=1, epochs=30)
        study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 1.1], epochs=30)
        fit = steepest.fit([1, 2, 3], [2, 4, 6])
        pages = [render_run_report(run), render_study_report(study), render_report(fit)]
        assert cycle.meaning in pages[0] and cycle.evidence in pages[0]
        assert Kind("verdicts", "diverged").meaning in pages[1]
        assert Kind("verdicts", "converged").meaning in pages[2]
    for page in pages:
        assert not unexplained(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_of_a_report_leads_to_what_it_means(language: Language) -> None:
    found = Finding("zero_grad forgotten", 1, fact("zero grad forgotten", step=1))
    with speaking(language):
        kind = Kind("mistakes", "zero_grad forgotten")
        table = mistakes_table([found])
        said = "".join(explanations(table))
        assert f">{kind.name}</a>" in table and kind.meaning in said
    assert not unexplained(table + said)


def test_every_kind_has_a_place_of_its_own() -> None:
    kinds = [*kinds_of("verdicts"), *kinds_of("mistakes")]
    assert len({kind.address for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert f'id="{kind.address}"' in "".join(explanations(link(kind.room, kind.kind, "x")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_explains_each_kind_by_each_of_its_names(language: Language) -> None:
    with speaking(language):
        for kind in [*kinds_of("verdicts"), *kinds_of("mistakes")]:
            for name in (kind.kind, kind.name, kind.address.partition("/")[2]):
                assert kind in kinds_called(name)
            assert kind.meaning in kind.text()[0]
        for term in TERMS:
            assert bare(term.sentence()) == bare(shown("help", term.name))
        listed = bare(shown("help", "mistakes"))
        assert all(bare(kind.meaning) in listed for kind in kinds_of("mistakes"))


def test_help_says_meaning_evidence_and_remedy() -> None:
    said = shown("help", "max", "steps")
    assert said.startswith("Max steps: The steps asked for were made")
    assert "What it rests on: The run ended by its number of epochs" in said
    both = shown("help", "plateau")
    assert both.startswith("Plateau: The objective no longer falls") and "\n\nPlateau: " in both
    assert "What to do: Call optimizer.zero_grad()" in shown("help", "zero_grad", "forgotten")
    with pytest.raises(InputError, match=r"no help on 'cycel'; .* mistakes\. Did you mean 'cycle'"):
        shown("help", "cycel")


@pytest.mark.parametrize(("language", "name"), [("en", "cycle"), ("zh", "循环")])
def test_a_result_in_the_terminal_names_its_verdict_as_help_knows_it(
    language: Language, name: str
) -> None:
    with speaking(language):
        said = shown("minimize", "x^2", "--start", "1", "--lr", "1", "--epochs", "20")
        line = said.rstrip().rpartition("\n\n")[2]
        assert name in line and f"steepest help {'WORD' if language == 'en' else '词'}" in line
        assert shown("help", name) == shown("help", "cycle")


def bare(text: str) -> str:
    """Without spaces and ends of lines."""
    return "".join(text.split())


def shown(*arguments: str) -> str:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False).output
