"""What MkDocs asks for while it builds the site: pages that are made from the package itself.

Lessons, the kinds of verdicts and mistakes, the reference of Python and of the command line, and
the playground are not written twice.
"""

import inspect
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from kind_pages import kind_pages
from mkdocs.config.defaults import MkDocsConfig

import steepest
from steepest.cli.main import in_language
from steepest.cli.main import steepest as command
from steepest.lab.page import page
from steepest.lessons.lesson import Lesson, lessons
from steepest.lessons.words import word
from steepest.translation import LANGUAGES, Language, spoken

ROOT = Path(__file__).parents[1]
_COPY = "site-pages"  # a folder of build/
_FRAME = 'style="width:100%;height:640px;border:1px solid #8884" loading="lazy"'
_WIDTH = 80  # letters of a signature in one line


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read from a copy of docs/ that has the made pages too; lessons stand in the navigation."""
    sources = Path(config.docs_dir)
    if sources.name != _COPY:
        copy = ROOT / "build" / _COPY
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(
            sources, copy, ignore=shutil.ignore_patterns("*.py", "*.toml", "__pycache__")
        )
        for name, text in _made().items():
            (copy / name).parent.mkdir(exist_ok=True)
            (copy / name).write_text(text, encoding="utf-8")
        config.docs_dir = str(copy)
    assert config.nav is not None
    for entry in config.nav:
        if entry.get("Lessons") == "LESSONS":
            entry["Lessons"] = [f"lessons/{each.number}.md" for each in lessons()]
    return config


def _made() -> dict[str, str]:
    """The pages that are made, by their names."""
    made = kind_pages()
    for language in LANGUAGES:
        suffix = "" if language == "en" else f".{language}"
        made[f"benchmarks{suffix}.md"] = _benchmarks(suffix)
        with in_language(language):
            made[f"reference/command-line{suffix}.md"] = _command_line()
            made[f"reference/python{suffix}.md"] = _python()
        for taught in lessons():
            made[f"lessons/{taught.number}{suffix}.md"] = _lesson(taught, language)
    return made


def on_post_build(config: MkDocsConfig) -> None:
    """The page of the lab, as one file beside the others."""
    (Path(config.site_dir) / "playground.html").write_text(page()[0], encoding="utf-8")


def _lesson(taught: Lesson, language: Language) -> str:
    """A lesson as a page: its texts, both codes, its numbers, and the page that it sets up."""
    title = word("lesson", language, number=taught.number, title=taught.title.within(language))
    lines = [f"# {title}", "", taught.summary.within(language), "", _code(taught.begin)]
    up = "../" if language == "en" else "../../"
    for part in taught.part:
        lines += ["", f"## {part.title.within(language)}", "", part.text.within(language)]
        for name, code in (("code", part.code), ("run", part.run)):
            if code.strip():
                lines += ["", f"**{word(name, language)}**", "", _code(code)]
        if part.values:
            lines += ["", f"| {word('numbers', language)} | |", "|---|---|"]
            lines += [f"| `{each.expression}` | {each.expected:.10g} |" for each in part.values]
        if part.page:
            address = f"{up}playground.html#{part.page}&language={language}"
            title = part.title.within(language)
            lines += ["", f'<iframe src="{address}" title="{title}" {_FRAME}></iframe>']
    if taught.exercise:
        lines += ["", f"## {word('exercises', language)}"]
    for place, exercise in enumerate(taught.exercise, 1):
        hint = word("hint", language, hint=exercise.hint.within(language))
        lines += ["", f"{place}. {exercise.question.within(language)} <br>*{hint}*"]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"```python\n{text.strip()}\n```"


def _python() -> str:
    """The reference of every public name, from its docstring; in Chinese each begins with what it
    is, in a line.
    """
    begin, summaries = "`import steepest` gives these names.", dict.fromkeys(steepest.__all__, "")
    if spoken() == "zh":
        begin = "`import steepest` 给出这些名称。每项先有一句说明；细节和例子是英文的文档字符串。"
        summaries = tomllib.loads((ROOT / "docs" / "python.zh.toml").read_text("utf-8"))
    lines = ["# Python", "", begin, ""]
    for name in steepest.__all__:
        lines += _entry(f"steepest.{name}", getattr(steepest, name), 2, summaries[name])
    return "\n".join(lines)


def _entry(name: str, found: Any, level: int, summary: str = "") -> Iterator[str]:
    """Heading, summary, signature and docstring of a name; of a class its public members too."""
    yield f"{'#' * level} {name}\n"
    if summary:
        yield f"{summary}\n"
    if callable(found):
        yield f"```python\n{name.rpartition('.')[2]}{_signature(found)}\n```\n"
    yield _words(inspect.getdoc(found) or "")
    if inspect.isclass(found):
        for member, value in sorted(vars(found).items()):
            value = value.fget if isinstance(value, property) else value
            if inspect.isfunction(value) and member[0] != "_" and value.__doc__:
                yield from _entry(f"{found.__name__}.{member}", value, level + 1)


def _signature(found: Any) -> str:
    """The arguments, one in a line where they are many; what has no short text is three dots."""
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return "(…)"
    text = _short(str(signature))
    if len(text) <= _WIDTH:
        return text
    arguments = ",\n".join(f"    {_short(str(each))}" for each in signature.parameters.values())
    return f"(\n{arguments},\n)"


def _short(text: str) -> str:
    """Types without their modules, and three dots for values that have no text of their own."""
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", re.sub(r"<[^>]*>", "…", text))


def _words(docstring: str) -> str:
    """A docstring as Markdown: its examples become blocks of code."""
    lines, is_example = [], False
    for line in docstring.splitlines():
        begins = line.lstrip().startswith(">>>")
        if begins and not is_example:
            lines.append("```pycon")
        if is_example and not line.strip():
            lines.append("```")
        is_example = begins or (is_example and bool(line.strip()))
        lines.append(line)
    return "\n".join([*lines, "```"] if is_example else lines) + "\n"


def _command_line() -> str:
    """Every command as its `--help` shows it in the language spoken."""
    lines = ["# Command line" if spoken() == "en" else "# 命令行", ""]
    for name in command.commands:
        context = click.Context(command.commands[name], info_name=f"steepest {name}")
        lines += [f"## steepest {name}", "", "```text", context.get_help(), "```", ""]
    return "\n".join(lines)


def _benchmarks(suffix: str) -> str:
    """The benchmarks as they stand in the repository; links to its files are names here."""
    text = (ROOT / "benchmarks" / f"README{suffix}.md").read_text(encoding="utf-8")
    return re.sub(r"\[([^\]]+)\]\((?!http)[^)]+\)", r"\1", text)
