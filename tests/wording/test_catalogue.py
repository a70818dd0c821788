"""Each sentence stands in the catalogue of every language, and what is made from it is fresh."""

import importlib.util
from pathlib import Path

MAKER = Path(__file__).parents[2] / "translations" / "catalogue.py"


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    specification = importlib.util.spec_from_file_location("catalogue", MAKER)
    assert specification is not None and specification.loader is not None
    maker = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(maker)
    assert list(maker.faults(maker.updated())) == []
