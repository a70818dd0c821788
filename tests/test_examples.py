"""The scripts of examples/ run, and fit what statsmodels fits."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import steepest

EXAMPLES = Path(__file__).parents[1] / "examples"


def oracle(name: str, target: str, features: list[str], family: Any) -> Any:
    """What statsmodels fits to the complete rows, text as indicators of all but the first level."""
    rows = pd.read_csv(EXAMPLES / f"{name}.csv")[[target, *features]].dropna()
    x = sm.add_constant(pd.get_dummies(rows[features], drop_first=True, dtype=float), prepend=False)
    y = (rows[target] == "Dole").astype(float) if target == "vote" else rows[target]
    return sm.GLM(y, x, family=family).fit(tol=1e-12)


@pytest.mark.parametrize(
    ("name", "target", "features", "family", "rows"),
    [
        ("sleep", "sleep_total", ["vore", "brainwt", "bodywt"], sm.families.Gaussian(), 51),
        ("votes", "vote", None, sm.families.Binomial(), 944),
        ("doctor_visits", "mdvis", None, sm.families.Poisson(), 1010),
    ],
)
def test_an_example(
    name: str,
    target: str,
    features: list[str] | None,
    family: Any,
    rows: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fit = runpy.run_path(str(EXAMPLES / f"{name}.py"))["fit"]
    assert isinstance(fit, steepest.Fit)
    assert capsys.readouterr().out.strip() == fit.summary()
    columns = [each for each in pd.read_csv(EXAMPLES / f"{name}.csv") if each != target]
    peer = oracle(name, target, features or columns, family)
    expected = {each.replace("vore_", "vore[") + "]" * ("vore_" in each): value
                for each, value in peer.params.items() if each != "const"}  # fmt: skip
    assert dict(fit.coefficients) == pytest.approx(expected, rel=1e-6)
    assert fit.intercept == pytest.approx(peer.params["const"], rel=1e-6)
    assert fit.rows == peer.nobs == rows
    assert fit.inference is not None
    errors = [fit.inference[each].standard_error for each in expected]
    np.testing.assert_allclose(errors, peer.bse.drop("const"), rtol=1e-5)


def test_each_table_says_where_it_is_from() -> None:
    words = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for file in EXAMPLES.glob("*.csv"):
        section = words.partition(f"## {file.name}")[2].partition("\n## ")[0]
        assert "**Source.**" in section and "**Licence.**" in section
        assert file.stat().st_size <= 100_000
