"""Makes the catalogues: gathers sentences from the sources, and compiles their translations.

    python translations/catalogue.py           gather, then compile
    python translations/catalogue.py --check    what is untranslated or stale, one line each

The file of a language, such as `zh.po`, holds each sentence with its translation; it is the only
one to edit. From it are made the catalogue that Python reads (`steepest.mo`) and that of the page
(`zh.json`). A language that is new in `LANGUAGES` gets its files, with nothing translated.
"""

import ast
import inspect
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from steepest.translation import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, PAGE = ROOT / "src" / "steepest", ROOT / "frontend" / "src"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
HEADERS = {"zh": "# The Chinese of steepest."}

# Calls whose first text is a sentence: those that translate it, and errors, which do so themselves.
SAYS = re.compile(r"(say|filled|translated|[A-Z]\w*Error)$")
# Calls that put a noun behind a number.
COUNTS = {"counted", "counted_as"}
# Constants of the wording room whose values are sentences.
TABLES = {
    "TEMPLATES",
    "REMEDIES",
    "MEANINGS",
    "WAYS_OUT",
    "NOUNS",
    "WORDS",
    "SOURCES",
    "NAMES",
    "SYMBOLS",
}
# Keywords of options and commands, and decorators of a function whose docstring is its help.
HELPS = {"help", "short_help"}
COMMAND = re.compile(r"(command|group)$")
# Sentences of the page: calls of `text`, called `say` in some files, and names handed to it.
TEXT = re.compile(r'\b(?:text|say)\(\s*("(?:[^"\\]|\\.)*")')
NAMES = {
    "rooms/examples.ts": re.compile(r'\bname: ("(?:[^"\\]|\\.)*")'),
    "formula/tokens.ts": re.compile(
        r'(?:(?:ALLOWED|BOUND|WORDS) = |(?:one|"[^"]+"), )("[a-z][^"]* [^"]*")(?=[;\]])'
    ),
    "table/samples.ts": re.compile(r'\btitle: ("(?:[^"\\]|\\.)*")'),
}
KINDS = ("minimum", "maximum", "saddle", "flat")

# What click says itself, and what of it can be seen here.
CLICK = (
    "Usage:", "Options", "Commands", "Missing argument",
    "Missing option", "Missing command.", "Missing {param_type}", "No such option {name!r}.",
    "No such command {name!r}.", "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}", "{value!r} is not a valid {number_type}.",
    "Option {name!r} does not take a value.", "default: {default}", "Choose from:\n\t{choices}",
    "{name} {filename!r} does not exist.", "{value} is not in the range {range}.",
)  # fmt: skip

PLURALS = (
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)

# Dates of the files, which are the same when made from the same.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Found = tuple[str, str]  # a sentence, and "counted" of a noun or ""


def gather() -> dict[Found, set[str]]:
    """Each sentence with the files that hold it."""
    found: dict[Found, set[str]] = {}
    for folder, sentences in ((PACKAGE, in_python), (PAGE, in_page)):
        for file in sorted(folder.rglob("*.py" if folder is PACKAGE else "*.ts")):
            for each in sentences(file):
                found.setdefault(each, set()).add(file.relative_to(ROOT).as_posix())
    for texts, place in ((KINDS, "frontend/src/rooms"), (CLICK, "click")):
        for sentence in texts:
            found.setdefault((sentence, ""), set()).add(place)
    return found


def in_python(file: Path) -> Iterator[Found]:
    """The sentences of a file of Python."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    is_wording = file.parent.name == "wording"
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _in_call(node)
            case ast.FunctionDef() if any(map(_is_command, node.decorator_list)):
                yield inspect.cleandoc(ast.get_docstring(node) or ""), ""
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if is_wording and (
                name.lstrip("_") in TABLES
            ):
                yield from _with_nouns(_texts(value))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as value) if (
                is_wording and name.lstrip("_") in TABLES
            ):
                yield from _with_nouns(_texts(value))


def _in_call(node: ast.Call) -> Iterator[Found]:
    name = _name(node.func)
    if node.args and name in COUNTS and len(node.args) > 1:
        yield from ((noun, "counted") for noun in _constant(node.args[1]))
    elif node.args and SAYS.search(name):
        yield from _with_nouns(_constant(node.args[0]))
    elif node.args and name == "gathered":
        yield from _with_nouns(_texts(node.args[0]))
    elif name == "refuse" and len(node.args) > 1:  # what is wrong at a column of a formula
        yield from _with_nouns(_constant(node.args[1]))
    elif name == "check_known" and len(node.args) > 2:
        yield from _with_nouns(_constant(node.args[2]))
    elif node.args and name == "headed":
        yield from ((text, "") for text in _constant(node.args[0]))
    for keyword in node.keywords:
        if keyword.arg in HELPS:
            yield from ((text, "") for text in _constant(keyword.value))


def _is_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and COMMAND.search(_name(decorator.func)) is not None


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _constant(node: ast.expr) -> Iterator[str]:
    """The text of a constant; both of a choice between two."""
    match node:
        case ast.Constant(value=str(text)) if _is_sentence(text):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _constant(body)
            yield from _constant(orelse)


def _is_sentence(text: str) -> bool:
    """Whether a text has words of its own, or puts values together as languages do each its way."""
    words = _words(text)
    return bool(re.search(r"[A-Za-z]", words)) or (text.count("{") > 1 and bool(words))


def _texts(node: ast.expr) -> Iterator[str]:
    """The constants of a table, without its keys."""
    match node:
        case ast.Dict(values=values):
            for value in values:
                yield from _texts(value)
        case ast.Call(args=values):  # such as dict.fromkeys
            for value in values:
                yield from _texts(value)
        case ast.Tuple(elts=values) | ast.List(elts=values) | ast.Set(elts=values):
            for value in values:
                yield from _texts(value)
        case ast.BinOp(left=left, right=right):
            yield from (*_texts(left), *_texts(right))
        case ast.Starred(value=value):
            yield from _texts(value)
        case ast.Call(args=values):  # of a table that cannot be changed
            for value in values:
                yield from _texts(value)
        case _:
            yield from _constant(node)


def _words(template: str) -> str:
    return "".join(text for text, *_ in _fields(template))


def _fields(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(template))
    except ValueError:  # braces of a text that is no template
        return [(template, None, None, None)]


def _with_nouns(templates: Iterable[str]) -> Iterator[Found]:
    """Templates, and the nouns that are counted in them."""
    for template in templates:
        yield template, ""
        for _, name, form, _ in _fields(template):
            noun = (form or "").partition(" ")[2]
            if noun and (name or "").isidentifier():
                yield noun, "counted"


def in_page(file: Path) -> Iterator[Found]:
    """The sentences of a file of TypeScript."""
    text = file.read_text(encoding="utf-8")
    forms = [TEXT, *(form for name, form in NAMES.items() if file.as_posix().endswith(name))]
    for form in forms:
        yield from ((json.loads(found[1]), "") for found in form.finditer(text))


def po_of(language: str) -> Path:
    """The file of a language's translations."""
    return ROOT / "translations" / f"{language}.po"


def updated(language: str) -> Catalog:
    """The sentences as they are now, with the translations that are known."""
    old, po = Catalog(language), po_of(language)
    if po.exists():
        old = read_po(io.BytesIO(po.read_bytes()), locale=language)
    new = Catalog(
        language,
        project="steepest",
        version=" ",
        last_translator=" ",
        language_team=" ",
        msgid_bugs_address=" ",
        fuzzy=False,
        charset="utf-8",
        header_comment=HEADERS.get(language, f"# steepest in {language}."),
    )
    for (sentence, context), files in sorted(gather().items()):
        known = old.get(sentence, context or None)
        new.add(
            sentence,
            known.string if known else "",
            locations=[(file, 0) for file in sorted(files)],
            context=context or None,
        )
    for pair in PLURALS:
        known = old.get(pair[0])
        new.add(pair, known.string if known else ("",), locations=[("click", 0)])
    new.creation_date = new.revision_date = EPOCH
    return new


def po_text(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalogue, width=0, include_lineno=False, omit_header=False)
    return file.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def page_text(catalogue: Catalog) -> bytes:
    """The sentences of the page by their English ones."""
    words = {
        str(message.id): str(message.string)
        for message in catalogue
        if any(file.startswith("frontend/") for file, _ in message.locations)
    }
    return (json.dumps(words, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def values_of(template: str) -> list[str]:
    """The names in braces, sorted."""
    names = (name or "" for _, name, *_ in _fields(template))
    return sorted({name for name in names if name.isidentifier()})


def chosen_by(template: str) -> set[str]:
    """The names by which it chooses what it says."""
    return set(re.findall(r"\[(\w+)(?:=[^?\[\]]*)?\?", template))


def faults(language: str, catalogue: Catalog) -> Iterator[str]:
    """What is wrong with the catalogue of a language, one line each."""
    for message in catalogue:
        texts = [message.string] if isinstance(message.string, str) else [*(message.string or "")]
        if message.id and not all(texts):
            yield f"not translated: {message.id!r}"
        elif isinstance(message.id, str) and not _same_values(message.id, texts[0]):
            yield f"other values than its sentence: {message.string!r}"
    for path, contents in made(language, catalogue).items():
        if not path.exists() or path.read_bytes() != contents:
            yield f"stale: {path.relative_to(ROOT).as_posix()}; run dev.py translate"


def _same_values(sentence: str, translation: str) -> bool:
    """Whether both say the same values. A translation need not choose by all of them."""
    known = {*values_of(sentence), *chosen_by(sentence)}
    return values_of(sentence) == values_of(translation) and chosen_by(translation) <= known


def made(language: str, catalogue: Catalog) -> dict[Path, bytes]:
    """The files that are made, with what they hold."""
    return {
        po_of(language): po_text(catalogue),
        PACKAGE / "locale" / language / "LC_MESSAGES" / "steepest.mo": mo_bytes(catalogue),
        PACKAGE / "lab" / "page" / f"{language}.json": page_text(catalogue),
    }


def main(arguments: list[str]) -> int:
    """Write the catalogues, or say what is wrong with them."""
    catalogues = {language: updated(language) for language in TRANSLATED}
    if arguments == ["--check"]:
        found = [fault for each in catalogues.items() for fault in faults(*each)]
        print("\n".join(found))
        return 1 if found else 0
    for language, catalogue in catalogues.items():
        for path, contents in made(language, catalogue).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        missing = sum(fault.startswith("not translated") for fault in faults(language, catalogue))
        print(f"{language}: {len(catalogue)} sentences, {missing} of them not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
