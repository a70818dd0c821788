"""Sentences stand in the wording room, and nowhere else; errors where they are raised."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import steepest
from steepest.diagnosis.verdict import Kind
from steepest.wording.catalogue import SENTENCES
from steepest.wording.exceptions import MEANINGS
from steepest.wording.remedies import REMEDIES

HOUSE = Path(steepest.__file__).parent
# Every room is looked at but this.
_DOORS = ("wording",)
# Rooms that show texts to a reader: there two words are a text, be it a label or a heading. In
# others they may be a kind, or an option.
_SHOW = ("cli", "pictures", "reports")
# A table of formulas and where they are from; the words of errors.
_EXCEPTED = {"problems/known_functions.py", "errors.py", "storage/foreign_files.py"}


def name_of(file: Path) -> str:
    return str(file.relative_to(HOUSE))


def room_of(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0]


FILES = [
    file
    for file in sorted(HOUSE.rglob("*.py"))
    if room_of(file) not in _DOORS and file.relative_to(HOUSE).as_posix() not in _EXCEPTED
]

# Of facts and labels, of verdicts, of errors, and of mistakes, whose remedies have their names; and
# what a checkpoint is of.
KINDS = {
    *SENTENCES,
    *get_args(Kind),
    *REMEDIES,
    *MEANINGS,
    "learning rate too high",
    "contents of the rows",
    "encoding of the columns",
}
# Which targets a loss takes: part of the error of `Loss.check_target`.
_TARGETS = {"the number of a class, 0, 1, 2, …"}
# Functions that are told what they check, for their error, and the one that prints errors.
_CHECK = re.compile(r"gathered$|_?check|_?refuse$|as_numbers$|number_of_text$|fail$")
# A program; a word of SQL, which is written in capitals; calls of DuckDB's table functions; HTML,
# its policy and its style.
_CODE = re.compile(
    r"^\n?import |\b(SELECT|FROM|WHEN|AND|AS|IN|SET|IS|FILTER)\b|^read_|^\('|_separator = |\|\|"
    r"|^<|^default-src |^max-width: |^background: |px …px$"
)
# Helps of options and commands stand where these are declared, as docstrings do, and are translated
# there: these keywords, and the headings that options stand under.
_HELP = {"help", "short_help", "metavar", "param_hint"}
_HEADING = "headed"
# Keywords that say how a thing looks, and functions that compare a text with another's.
_LOOKS = {"loc", "class_", "xycoords", "textcoords"}
_COMPARES = {"startswith", "filterwarnings"}
# What shows its arguments, from this one on.
_SHOWS = {
    **{"label": 1, "picture_section": 1, "any_picture": 1, "tag": 1},
    **dict.fromkeys(("labelled", "section", "set_label", "set_xlabel", "set_title"), 0),
}
_ERROR = re.compile(r"Error\b|_Damage\b")
_WORD = re.compile(r"[^\W\d_]{2,}")


def test_no_sentence_is_made_in_a_room_of_facts() -> None:
    made = {name_of(file): set(sentences(file)) - KINDS - _TARGETS for file in FILES}
    assert {name: texts for name, texts in made.items() if texts} == {}


def test_no_label_is_a_word_of_its_own() -> None:
    """Also where it is a single word."""
    files = [file for file in FILES if room_of(file) in _SHOW]
    labels = {name_of(file): list(shown(ast.parse(file.read_text()))) for file in files}
    assert {name: words for name, words in labels.items() if words} == {}


def test_errors_have_their_sentence_where_they_are_raised(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text('''
_ADVICE = "correct it or leave it out"
_HEAD = "this is what was read"

def check(rows):
    """Refuse rows that are too few."""
    hint = _hint(rows)
    if not rows:
        raise InputError(f"no rows were found; {hint}; {_ADVICE}")
    return f"{_HEAD}: all {rows} rows are there"

def _hint(rows):
    return "give some more rows"
''')
    assert sentences(file) == ["this is what was read", "…: all … rows are there"]


def test_helps_stand_where_options_are_declared(tmp_path: Path) -> None:
    file = tmp_path / "command.py"
    file.write_text('''
group = headed("What is compared with what")

@group("--lr", help="The learning rate of all runs.")
@click.argument("source", metavar="A FILE OR A FORMULA")
def compare(source, lr):
    """Compare what is in SOURCE."""
    print("these are all the runs")
''')
    assert sentences(file) == ["these are all the runs"]


def test_a_label_is_seen_where_it_is_shown() -> None:
    program = """
section("Steps", table(["epoch", phrase("objective")], rows))
ax.plot(x, y, "x", label="least")
tag("h2", phrase("Rows"))
"""
    assert list(shown(ast.parse(program))) == ["Steps", "epoch", "least"]


def test_a_sentence_of_a_fact_takes_what_the_fact_holds() -> None:
    """Made from facts of real runs: a table, a formula and mini-batches."""
    runs: list[steepest.Fit | steepest.Run] = [
        steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.01, epochs=9),
        steepest.minimize("x^2 + 100 y^2", start=(1, 1), lr=0.001, epochs=9),
        steepest.fit([1, 2, 3, 4], [2, 4, 7, 8], batch_size=1, lr=0.01, epochs=20),
    ]
    for run in runs:
        said: dict[str, Any] = run.verdict.to_dict()
        assert said["reason"] == " ".join(map(str, run.verdict.reasons)) != ""
        assert [each["kind"] for each in said["reasons"]] == [f.kind for f in run.verdict.reasons]


def sentences(file: Path) -> list[str]:
    """Texts of more than three words, or of two where texts are shown, that are no docstring,
    `repr`, SQL, program, help or error.

    Part of an error is what stands in a `raise`, in the call of an error's class, in a function
    that returns an error, or in `where`, the place that an error names; part of a help is what
    `_helps` finds. So is what is used in such places only: functions, constants, locals.
    """
    tree = ast.parse(file.read_text())
    skipped = _excepted(tree) | _docstrings(tree) | _annotations(tree)
    shows = HOUSE in file.parents and room_of(file) in _SHOW
    texts = [text for node, text in _texts(tree) if id(node) not in skipped]
    said = [text for text in texts if not _CODE.search(text)]
    if shows:
        return [text for text in said if sum(map(bool, map(_WORD.search, text.split()))) > 1]
    return [text for text in said if len(text.split()) > 3]


def walk(node: ast.AST) -> list[Any]:
    """All nodes from this one on. A tree is walked once; then each knows where its own lie."""
    if not hasattr(node, "own"):
        _lay_out(node, [])
    nodes, first, end = node.own  # type: ignore[attr-defined]  # written by `_lay_out`
    return list(nodes[first:end])


def _lay_out(node: Any, nodes: list[ast.AST]) -> None:
    first = len(nodes)
    nodes.append(node)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr_context | ast.operator):  # one for all trees
            _lay_out(child, nodes)
    node.own = (nodes, first, len(nodes))


def shown(tree: ast.AST) -> Iterator[str]:
    """Words that are handed to what shows them, alone or in a list."""
    for node in walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "label":
            yield from _words_in(node.value)
        if isinstance(node, ast.Call) and _called(node) in _SHOWS:
            for argument in node.args[_SHOWS[_called(node)] :]:
                yield from _words_in(argument)
        if isinstance(node, ast.Call) and _called(node) in ("table", "text_table"):
            yield from (word for argument in node.args for word in _words_in(argument))


def _words_in(node: ast.AST) -> Iterator[str]:
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    for each in nodes:
        if isinstance(each, ast.List):
            yield from _words_in(each)
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from [each.value] if _WORD.search(each.value) else []


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _helps(tree: ast.AST) -> set[int]:
    """Texts of options and commands; and what only says how a thing looks, or is compared."""
    nodes: list[ast.AST] = []
    for node in walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _HELP | _LOOKS:
            nodes.append(node.value)
        elif isinstance(node, ast.Call) and _called(node) in {_HEADING, *_COMPARES}:
            nodes.append(node)
    return {id(child) for node in nodes for child in walk(node)}


def _texts(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Strings, and those that an f-string puts together."""
    parts = set[int]()
    for node in walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts.update(map(id, node.values))
            texts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield node, "".join(map(str, texts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [(node, node.value)] if id(node) not in parts else []


def _docstrings(tree: ast.AST) -> set[int]:
    return {
        id(node.body[0].value)
        for node in walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def _annotations(tree: ast.AST) -> set[int]:
    """Types that are written as strings."""
    nodes: list[ast.AST | None] = []
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            nodes.append(node.annotation)
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                nodes.append(node.value)
    return {id(child) for node in nodes if node is not None for child in walk(node)}


def _excepted(tree: ast.Module) -> set[int]:
    """All nodes that are part of an error or a help."""
    inside = _helps(tree)
    for node in walk(tree):
        if _makes_error(node):
            inside.update(map(id, walk(node)))
    defined = [*_definitions(tree)]
    before = -1
    while before < len(inside):
        before = len(inside)
        for node, uses in defined:
            if id(node) not in inside and uses and inside.issuperset(uses):
                inside.update(map(id, walk(node)))
    return inside


def _makes_error(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return bool(_ERROR.search(name) or _CHECK.match(name))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returned = "" if node.returns is None else ast.unparse(node.returns)
        return node.name in ("where", "__repr__") or bool(_ERROR.search(returned))
    return isinstance(node, ast.Raise)


def _definitions(tree: ast.Module) -> Iterator[tuple[ast.AST, list[int]]]:
    """Functions, constants and locals, with the places where their names are used."""
    functions = [
        node for node in walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    everywhere = _uses(tree)
    yield from ((node, everywhere[node.name]) for node in functions)
    yield from ((node, everywhere[name]) for name, node in _assigned(tree.body))
    for function in functions:
        uses = _uses(function)
        nodes = [node for node in walk(function) if isinstance(node, ast.stmt)]
        yield from ((node, uses[name]) for name, node in _assigned(nodes))


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from ((name.id, node) for name in targets if isinstance(name, ast.Name))


def _uses(tree: ast.AST) -> dict[str, list[int]]:
    uses: dict[str, list[int]] = defaultdict(list)
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses[node.id].append(id(node))
        elif isinstance(node, ast.Attribute):
            uses[node.attr].append(id(node))
    return uses
