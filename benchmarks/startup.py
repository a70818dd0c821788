"""How long the command line takes to start: against bare Python, and for a fit of a small CSV."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from measure import best_of, options, report, verdict

TABLE = Path(__file__).resolve().parent.parent / "examples" / "penguins.csv"
FIT = ["fit", str(TABLE), "--target", "body_mass_g", "--missing", "drop", "--quiet"]
HEAVY = ("torch", "numba", "matplotlib", "pandas", "polars", "sklearn", "scipy")


def main() -> None:
    """Measure and print."""
    chosen = options(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "steepest --help": [sys.executable, "-m", "steepest", "--help"],
            "steepest fit": [sys.executable, "-m", "steepest", *FIT],
            "steepest fit --report": [
                *[sys.executable, "-m", "steepest", *FIT],
                *["--report", str(Path(folder) / "report.html")],
            ],
        }
        best = best_of(chosen.rounds, {name: partial(run, line) for name, line in commands.items()})
        loaded = {name: imported(line[3:]) for name, line in commands.items() if "-m" in line}
    bare = best["python -c pass"]
    targets = {
        "steepest --help": verdict(1e3 * (best["steepest --help"] - bare), 200.0, at_least=False),
        "steepest fit": verdict(1e3 * best["steepest fit"], 1500.0, at_least=False),
    }
    rows = [
        {
            "command": name,
            "ms": 1e3 * seconds,
            "more than bare Python": 1e3 * (seconds - bare),
            "heavy imports": loaded.get(name, "-"),
            "target": targets.get(name, ""),
        }
        for name, seconds in best.items()
    ]
    report("startup", rows, as_json=chosen.json, python=sys.version.split()[0], table=TABLE.name)


def run(line: list[str]) -> None:
    """Run one command to its end."""
    subprocess.run(line, check=True, capture_output=True)


def imported(arguments: list[str]) -> str:
    """Which heavy packages the command line imported for these arguments."""
    code = (
        "import sys\nfrom steepest.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('\\n' + ' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    command = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return result.stdout.splitlines()[-1] or "none"


if __name__ == "__main__":
    main()
