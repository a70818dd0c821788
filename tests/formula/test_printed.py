"""Formulas in print: well formed, in the order that was typed, and with no sign that misleads."""

import xml.etree.ElementTree as tree

import pytest

from steepest.formula.mathml import printed
from steepest.formula.parse import parse


def read(text: str) -> str:
    """What a reader sees on the line: (a)/(b) for fractions, ^ and _ for what is raised or low."""

    def said(one: tree.Element) -> str:
        parts = [said(child) for child in one] or [one.text or ""]
        if one.tag == "mfrac":
            return f"[{parts[0]}]/[{parts[1]}]"
        if one.tag in ("msup", "msub"):
            return f"{parts[0]}{'^' if one.tag == 'msup' else '_'}{parts[1]}"
        return f"√[{''.join(parts)}]" if one.tag == "msqrt" else "".join(parts)

    line = said(tree.fromstring(f"<math>{printed(parse(text).tree)}</math>"))
    return line.replace("\u2061", "").replace("\u2062", " ").replace("−", "-")


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("(1 - x)^2 + 100(y - x^2)^2", "(1-x)^2+100 (y-x^2)^2"),
        ("14/3*(w - 2)**2", "[14]/[3] (w-2)^2"),
        ("x*2*3y", "x⋅2⋅3 y"),
        ("2rate + rate*x", "2⋅rate+rate⋅x"),
        ("a - (b - c) - d", "a-(b-c)-d"),
        ("a - -b", "a-(-b)"),
        ("a*-b", "a (-b)"),
        ("a + (-2)x", "a+(-2 x)"),
        ("-a*b", "-a b"),
        ("-(a + b)", "-(a+b)"),
        ("(-x)^2", "(-x)^2"),
        ("-x^2", "-x^2"),
        ("2^3^x", "2^3^x"),
        ("(2^3)^x", "(2^3)^x"),
        ("(x/y)^-2", "([x]/[y])^-2"),
        ("a/(b/c)", "[a]/[[b]/[c]]"),
        ("a*(b*c)", "a (b c)"),
        ("sqrt(x^2 + 1)/abs(x)", "[√[x^2+1]]/[|x|]"),
        ("log2(x) + sin(2pi*x)", "log_2(x)+sin(2 π x)"),
        ("max(x, -y, 3)", "max(x,-y,3)"),
        ("lambda1*alpha", "λ_1 α"),
        ("1e-3 x", "1e-3 x"),
    ],
)
def test_what_a_reader_sees(typed: str, seen: str) -> None:
    assert read(typed) == seen
