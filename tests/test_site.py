"""The pages of the site: their code runs, and each language has what its navigation names."""

import inspect
import re
import tomllib
from pathlib import Path

import pytest

import steepest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
ENGLISH = [page for page in PAGES if not page.name.endswith(".zh.md")]


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the Chinese page is the same, as a test below sees."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("steepest.pictures.animate._filmed", lambda *arguments: b"GIF89a")
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.S | re.M):
        exec(compile(block, page.name, "exec"), names)


def test_a_public_name_has_a_docstring_and_its_public_members_too() -> None:
    for name in steepest.__all__:
        found = getattr(steepest, name)
        assert found.__doc__, name
        for member, value in vars(found).items() if isinstance(found, type) else ():
            if callable(value) and member[0] != "_":
                assert inspect.getdoc(value), f"{name}.{member}"


def test_each_public_name_has_its_line_in_chinese() -> None:
    told = tomllib.loads((DOCS / "python.zh.toml").read_text("utf-8"))
    assert set(told) == set(steepest.__all__)
    assert all(re.search("[\u4e00-\u9fff].*。$", line) for line in told.values())


def test_links_between_pages_lead_somewhere() -> None:
    made = r"lessons/\d\.md|reference/(python|command-line)\.md|benchmarks\.md"
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", page.read_text("utf-8")):
            assert re.fullmatch(made, target) or (DOCS / target).exists(), (page.name, target)


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.name)
def test_a_page_has_a_chinese_one_with_the_same_code_and_keys(page: Path) -> None:
    chinese = page.with_suffix(".zh.md")
    assert chinese.exists()
    for of in (code_of, keys_of):
        assert of(page) == of(chinese)


def code_of(page: Path) -> list[str]:
    """Its blocks, without their comments: they are translated."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)
    return [re.sub(r" *# .*", "", block) for block in blocks]


def keys_of(page: Path) -> list[str]:
    """What stands as code in the first cells of its tables."""
    cells = re.findall(r"^\| (.*?) \|", page.read_text("utf-8"), re.M)
    return [name for cell in cells for name in re.findall(r"`[^`]+`", cell)]


def test_the_benchmarks_have_the_same_numbers_in_both_languages() -> None:
    """Paragraph by paragraph, and row by row of the tables, in any order; also what is code."""
    folder = DOCS.parent / "benchmarks"
    english, chinese = (
        re.split(r"\n\n|\n(?=\|)", (folder / name).read_text("utf-8"))
        for name in ("README.md", "README.zh.md")
    )
    for there, here in zip(english, chinese, strict=True):
        assert said_exactly(there) == said_exactly(here), here


def said_exactly(text: str) -> list[str]:
    return sorted(re.findall(r"`[^`\n]+`|\d(?:[\d.,^·e-]*\d)?", text))


def test_both_glossaries_have_the_same_terms() -> None:
    english, chinese = (terms_of(DOCS / name) for name in ("glossary.md", "glossary.zh.md"))
    assert [(there, here) for here, there in english] == chinese


def terms_of(page: Path) -> list[tuple[str, str]]:
    """The first two cells of each row."""
    return re.findall(r"^\| (.*?) \| (.*?) \|", page.read_text("utf-8"), re.M)
