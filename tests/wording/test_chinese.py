"""What is said in Chinese has no English left in it, and Chinese is set as Chinese is."""

import inspect
import io
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po

import steepest
from steepest.diagnosis.verdict import Kind
from steepest.errors import InputError, KeywordError, check_known
from steepest.translation import say, speaking
from steepest.wording import headline, notes, tables
from steepest.wording.catalogue import TOPICS, sentences_of, templates_of
from steepest.wording.exceptions import WAYS_OUT
from steepest.wording.fact import phrase
from steepest.wording.remedies import REMEDIES
from steepest.wording.template import filled

# Two words in sequence; but names of programs, commands, measures and types.
_ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,;]+[A-Za-z]{2,}")
_NAMES = re.compile(
    r"`[^`]+`|with torch|steepest help|ROC AUC|JSON lines|DataFrame|lazy frame|log (?=odds)"
    r"|lr auto"
)
# A letter of Chinese beside a space and another.
_GAP = re.compile(r"[\u4e00-\u9fff，。：；（）、] +[\u4e00-\u9fff，。：；（）、]")
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "steepest"
_LETTER = "\u4e00-\u9fff"
# What is typed: names, patterns with a half-width colon, and what a choice is made by.
_CODE = re.compile(r"`[^`]*`|\{[^{}]*\}|名称=下界:上界(?::步长)?|exp\(系数\)|步, 参数|, \. ' _")
_CHOSEN_BY = re.compile(r"\[\w+(?:=[^?\[\]]*)?\?")
_HALF_WIDTH = re.compile(rf"[{_LETTER}] ?[,;!?]|[{_LETTER}]: ?[{_LETTER}]|[,;] ?[{_LETTER}]")
_NO_SPACE = re.compile(rf"[{_LETTER}][A-Za-z0-9]|[A-Za-z0-9][{_LETTER}]")
# What is called otherwise: 尖点, 惰性数据框, 最大稳定学习率, 可用的是, 最小值点.
_OTHER_TERMS = (
    "折点",
    "惰性表",
    "稳定的最大学习率",
    "最大的稳定学习率",
    "稳定上限",
    "有的是 ",
    "最小值处",
    "最小值附近",
)
# Arguments that are one of a few.
_NAMED: dict[str, tuple[Any, ...]] = {
    "unit": ("epoch", "step"),
    "kind": get_args(Kind),
    "at": ("", "start", "minimum", "end"),
    "why": tuple(notes.WORDS),
    "errors": ("classical", "HC3"),
    "rule": ("drop", "mean", "error"),
    "like": tuple(tables.MEANINGS),
    "of": ("date", "time", "duration"),
    "other": ("", "rate", "momentum"),
    "chosen": ("", "curvature", "motion"),
    "counts": ({"converged": 1, "diverged": 2},),
    "kinds": ({"number": 3, "text": 1},),
    "points": ([], [({"x": 1.0}, 2.0, "saddle")], [({"x": 1.0}, 2.0, "minimum")] * 5),
    "lower": (None, ("x = 2", 0.25)),
    "axes": (("x", "y"),),
    "fields": (["year"], ["year", "elapsed"]),
    "ways": ([], [("a", "1")], [("a", "1"), ("b", "2")]),
    "terms": ([(0.8, "x"), (-0.6, "y")],),
    "first": ([{"x": 1.0}],),
    "start": ("x = 1",),
    "end": ("x = 2",),
}
_OF_FUNCTION: dict[str, dict[str, tuple[Any, ...]]] = {
    "rule_of_sample": {
        "name": (
            "uniform-line",
            "noisy-line",
            "badly-scaled",
            "collinear",
            "two-classes",
            "counts",
        ),
        "options": tuple(
            {"slope": 2.0, "intercept": -1.0, "sigma": 0.5, "separation": 2.0, "gap": gap}
            | {"outliers": outliers}
            for gap, outliers in ((0.0, 0), (0.5, 3))
        ),
    },
    "date_left_to_its_engine": {"why": ("a",)},
    "loss_of_logits": {"activation": ("ReLU", "sigmoid", "softmax")},
    "output_at_rest": {"activation": ("ReLU", "clamp")},
    "reconnect_the_loss": {"where": ("no_grad", "inside")},
    "further_mistakes": {"kinds": (["a"],)},
    "remedy": {"of": tuple(REMEDIES)},
    "way_out": {"of": tuple(WAYS_OUT)},
    "picture_of_fit": {"name": ("contour", "noise", "roc")},
    "descent_made": {"start": (0.5,), "end": (0.25,), "updates": (None, "")},
    "least_of_grid": {"points": (1, 5)},
    "separated": {"of": (12,)},
    "columns_kept": {"of": (12,)},
    "strength_chosen": {"of": (12,), "rule": ("lowest", "other")},
    "coefficients_are_zero": {"of": (12,)},
    "explained_column": {"of": (["a", "b"],), "factors": ([1.0, -2.0],)},
    "shared_column": {"of": (["a", "b"],), "factors": ([1.0, -2.0],)},
    "kinks": {"of": ("L1", "bounds", "huber")},
    "log_odds": {"of": ("", "a")},
    "score": {"of": ("", "a")},
    "objective_in_steps": {"at": ("x = 7",)},
    "no_finite_value": {"at": ({}, {"x": "1"})},
    "as_low_to_rounding": {"points": (1, 5)},
    "rows_dropped": {"counts": ({}, {"x": 3})},
    "means_filled": {"counts": ({"x": 3},)},
    "unseen_levels": {"rule": ("missing", "base")},
}
_BY_TYPE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Sequence[str]", (["a"], ["a", "b"], list("abcdefghij"))),
    ("Sequence[int]", ((5, 1),)),
    ("Sequence[float]", ([1.0, -2.0],)),
    ("Mapping[str, float]", ({"x": 1.0},)),
    ("Mapping[str, int]", ({"x": 3},)),
    ("bool", (False, True)),
    ("float", (0.5, 1.0, 3.25, 0.0, 41234.0)),
    ("int", (1, 2, 5, 7000)),
    ("str", ("a",)),
    ("object", ("a",)),
)


# Of values that go together in no run.
_UNFIT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def choices(function: Callable[..., str], parameter: inspect.Parameter) -> tuple[Any, ...]:
    named = _OF_FUNCTION.get(function.__name__, {})
    if parameter.name in named:
        return named[parameter.name]
    annotation = str(parameter.annotation)
    known = _NAMED.get(parameter.name) if "float" not in annotation.split("[")[0] else None
    found = known or next((values for type, values in _BY_TYPE if type in annotation), ("a",))
    return (*found, None) if "None" in annotation and None not in found else found


def said(topic: ModuleType) -> Iterator[str]:
    """What each function of a file says of many values, and each template of one."""
    for function in sentences_of(topic).values():
        chance = random.Random(function.__name__)
        parameters = inspect.signature(function).parameters.values()
        if any(each.kind is each.VAR_KEYWORD for each in parameters):
            continue
        for _ in range(24):
            values = {each.name: chance.choice(choices(function, each)) for each in parameters}
            with suppress(*_UNFIT):
                yield function(**values)
    for kind, template in templates_of(topic).items():
        chance, values = random.Random(kind), values_of(kind, template)
        for _ in range(24 if "?" in template else 1):
            yield filled(template, **{name: chance.choice(some) for name, some in values.items()})


_LISTS = ("listed", "joined")


def values_of(kind: str, template: str) -> dict[str, tuple[Any, ...]]:
    """Values for each name of a template; of those that it chooses by, such as decide it."""
    specs = {name: str(spec) for _, name, spec, _ in Formatter().parse(template) if name}
    values: dict[str, tuple[Any, ...]] = {name: (_value(spec),) for name, spec in specs.items()}
    for name, wanted in re.findall(r"\[(\w+)(?:=([^?\[\]]*))?\?", template):
        other: Any = int(wanted) if wanted.isdigit() else wanted or None
        other = ["a"] * other if specs.get(name) in _LISTS else other
        values[name] = (*values.get(name, (True,)), other)
    return {**values, **_OF_FUNCTION.get(kind.replace(" ", "_"), {})}


def _value(spec: str) -> Any:
    known = {"assigned": {"x": 1.0}, "": "a", "capitalized": "cycle", "shape": (5, 1)}
    known |= dict.fromkeys(("noun", "with_article"), "epoch")
    known |= dict.fromkeys(("quoted", "with_minus"), "a")
    return ["a", "b"] if spec in _LISTS else known.get(spec, 3)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.__name__.rsplit(".", 1)[1])
def test_nothing_english_is_left(topic: ModuleType) -> None:
    english = list(said(topic))
    with speaking("zh"):
        chinese = list(said(topic))
    assert [text for text in chinese if _ENGLISH.search(_NAMES.sub("", text))] == []
    assert [text for text in chinese if _GAP.search(text)] == []
    assert list(said(topic)) == english


def test_chinese_is_written_as_it_is_set() -> None:
    """Signs of full width between Chinese, a space between Chinese and letters, one term for each
    thing.
    """
    wrong: list[str] = []
    for entry in _entries():
        text = _CODE.sub(" ", _CHOSEN_BY.sub("", entry))
        wrong += [entry] if _HALF_WIDTH.search(text) or _NO_SPACE.search(text) else []
        wrong += [f"{term}: {entry}" for term in _OTHER_TERMS if term in entry]
    assert wrong == []


def _entries() -> Iterator[str]:
    """The Chinese of the catalogue, the lessons, and the verdicts and mistakes."""
    for message in read_po(io.BytesIO((ROOT / "translations" / "zh.po").read_bytes())):
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        yield from (text or "" for text in texts if message.id)
    for file in (*(SOURCE / "lessons" / "content").glob("*.toml"), SOURCE / "wording/kinds.toml"):
        yield from _chinese_of(tomllib.loads(file.read_text(encoding="utf-8")))


def _chinese_of(data: object) -> Iterator[str]:
    """The sentences of a file of both languages."""
    if isinstance(data, list):
        for each in data:
            yield from _chinese_of(each)
    elif isinstance(data, dict):
        for key, each in data.items():
            yield from [each] if key == "zh" and isinstance(each, str) else _chinese_of(each)


def test_a_value_is_closed_up_in_errors_too() -> None:
    with speaking("zh"):
        assert say("array {name} is damaged: expected {size}", name="w", size="大小").endswith(
            "应是大小"
        )
        assert str(InputError("there are no rows").within("a.csv")) == "a.csv：there are no rows"
        assert say("{rows: row}, {features: feature}", rows=1, features=2) == "1 行，2 个特征"
        with pytest.raises(InputError, match=r"没有 'b'；有的是无。"):
            check_known("b", (), "没有 {name!r}；有的是{known}。")
    assert say("{rows: row}, {features: feature}", rows=1, features=2) == "1 row, 2 features"


def test_wrong_keywords_are_answered_in_chinese() -> None:
    with speaking("zh"), pytest.raises(KeywordError) as told:
        steepest.minimize("x^2", learning_rate=0.1, start_=1.0)  # type: ignore[call-arg]
    assert str(told.value) == (
        "minimize 没有参数 learning_rate= 和 start_=；请用 lr= 代替 learning_rate="
    )


def test_no_text_is_none_in_chinese_too() -> None:
    with speaking("zh"):
        assert filled("") == filled("{what:translated}", what="") == ""


def test_each_kind_of_verdict_has_a_word() -> None:
    assert set(headline.WORDS) == set(get_args(Kind))


def test_a_verdict_does_not_name_its_epoch_twice() -> None:
    """In Chinese the epoch stands first, as it does in English."""
    for kind, values in (
        ("gradient norm reached", {"epoch": 12, "norm": 1e-9, "tolerance": 1e-8}),
        ("no step led on", {"epoch": 12, "left": 0.1, "objective": 2.0}),
        (
            "objective hardly changed",
            {"epoch": 12, "change": 1e-9, "tolerance": 1e-8, "objective": 2.0},
        ),
    ):
        with speaking("zh"):
            reason = phrase("stopped", reason=phrase(kind, **values))
            line = phrase(
                "headline", kind="converged", epoch=12, unit="epoch", reason=reason, advice=""
            )
        assert line.startswith("收敛（第 12 轮）：") and line.count("12") == 1
