"""What is built of the tree: a source distribution, and of it a wheel that works by itself."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import steepest

ROOT = Path(__file__).parents[1]
NAME = f"steepest-{steepest.__version__}"
SOURCES = {
    file.relative_to(ROOT).as_posix()
    for folder in ("src", "tests", "examples", "translations")
    for file in (ROOT / folder).rglob("*")
    if file.is_file() and "__pycache__" not in file.parts
}
PACKAGED = {name.removeprefix("src/") for name in SOURCES if name.startswith("src/")}
FIT = """
import steepest
print(steepest.__file__)
print(steepest.fit([[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0]).coefficients["x"])
"""


def run(*command: str | Path, **options: Any) -> str:
    """Standard output of a Python command."""
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    return folder / f"{NAME}.tar.gz"


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    run("-m", "pip", "wheel", *offline, "-w", folder, source)
    return folder / f"{NAME}-py3-none-any.whl"


def test_the_source_distribution_holds_every_file_and_no_cache(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    others = {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore", "PKG-INFO"}
    assert names == SOURCES | others


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    described = {name for name in names if name.startswith(f"{NAME}.dist-info/")}
    assert names - described == PACKAGED
    assert "steepest/py.typed" in names
    assert any(name.endswith(".css") for name in names)
    assert f"{NAME}.dist-info/licenses/LICENSE" in described


def test_the_installed_wheel_fits(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    run("-m", "pip", "install", "--no-deps", "--no-index", "--target", target, wheel)
    alone = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(target)}}
    version = run("-m", "steepest", "--version", **alone)
    assert version == f"steepest, version {steepest.__version__}\n"
    place, fitted = run("-c", FIT, **alone).splitlines()
    assert Path(place) == target / "steepest" / "__init__.py"
    assert float(fitted) == pytest.approx(2.0, rel=1e-14)
