"""Every block of the README runs for a newcomer, in a folder that holds nothing but `examples/`."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from steepest.cli import main

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.S | re.M)
COMMANDS = [
    line
    for language, block in BLOCKS
    if not language
    for line in block.splitlines()
    if line.startswith("steepest ") and shlex.split(line, comments=True) != ["steepest", "lab"]
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of them run, one after another: some read what others wrote."""
    path = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(ROOT / "examples", path / "examples")
    made = next(line for _, block in BLOCKS for line in block.splitlines() if "printf" in line)
    _, text, _, name = shlex.split(made, comments=True)
    (path / name).write_text(text.replace("\\n", "\n"), encoding="utf-8")
    return path


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code in (0, None)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the blocks before have named."""
    return {}


@pytest.mark.filterwarnings("ignore:Using a target size")  # the mistake that is shown
@pytest.mark.parametrize("block", [block for language, block in BLOCKS if language == "python"])
def test_a_block_of_python(
    block: str,
    folder: Path,
    names: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    # Films have tests of their own.
    monkeypatch.setattr("steepest.pictures.animate._filmed", lambda *arguments: b"GIF89a")
    exec(compile("import steepest\n" + block, "README.md", "exec"), names)


def test_the_loop_is_told_what_stands_below_it(names: dict[str, Any]) -> None:
    told = next(block for _, block in BLOCKS if block.startswith("Oscillating at step 80"))
    verdict = " ".join(str(names["run"].verdict).split())
    for part in " ".join(told.split()).split(" … "):
        assert part.removesuffix(" …") in verdict


def test_the_chinese_readme_has_the_same_blocks_and_its_commands_first() -> None:
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md")]
    english, chinese = (re.findall(r"^```\w*\n.*?^```", text, re.S | re.M) for text in texts)
    assert chinese == english
    assert english[0].startswith("```\npython3 dev.py demo")
    for text in texts:
        for name in re.findall(r"\]\((?!http)([^)]*)\)", text):
            assert (ROOT / name).exists(), name
