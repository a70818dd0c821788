"""SIGTERM and SIGHUP: whatever is temporary is removed, and the process ends by the signal."""

import gzip
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from steepest.storage import temporary_files as temporary

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")
SIGNALS = ["SIGTERM", "SIGHUP"]

# Each runs the command line as `python -m steepest` does, and stops at a place of which it tells.
UNPACKED = """
    import sys, time
    from steepest.tables.files import open_files as table
    open_files = table.open_files
    def opened(*arguments, **options):
        found = open_files(*arguments, **options)
        print("ready", flush=True)
        time.sleep(3600)
    table.open_files = opened
    sys.argv = ["steepest", "fit", sys.argv[1], "--target", "y"]
    from steepest.cli.main import main
    main()
"""
UNPACKING = """
    import sys, time
    from steepest.tables.files import text_limits as looking
    def look(self, source, written):
        print("ready", flush=True)
        time.sleep(3600)
    looking.Room.look = look
    sys.argv = ["steepest", "fit", sys.argv[1], "--target", "y"]
    from steepest.cli.main import main
    main()
"""
WRITING = """
    import os, sys, time
    from steepest.storage import atomic_write as writing
    def sync(number):
        print("ready", flush=True)
        time.sleep(3600)
    writing.os.fsync = sync
    sys.argv = ["steepest", "fit", sys.argv[1], "--target", "y", "--save", sys.argv[2], "--quiet"]
    from steepest.cli.main import main
    main()
"""
SPILLED = """
    import os, sys, tempfile, time
    from pathlib import Path
    from steepest.tables.files.duckdb_engine import Engine
    engine = Engine()
    asked = engine.ask
    def ask(sql, parameters=()):
        cursor = engine._connection.cursor()
        cursor.execute("SET memory_limit = '60MB'")
        rows = "SELECT hash(i) AS x, repeat('a', 50) || i AS s FROM range(1000000) r(i)"
        cursor.execute(f"CREATE TABLE t AS {rows}")
        folder = Path(cursor.execute("SELECT current_setting('temp_directory')").fetchone()[0])
        assert list(folder.iterdir())
        print("ready", flush=True)
        time.sleep(3600)
    from steepest.cli import main as cli
    cli.steepest.main = lambda **options: ask("")
    cli.main()
"""


def ended(
    program: str, arguments: list[str], name: str, folder: Path
) -> tuple[int, list[str], bytes]:
    """How a program ended that got the signal when it had said where it is."""
    # Under nohup, for one, the tests' own process ignores a signal, and hands that on.
    heard = "import signal\n" + "".join(
        f"signal.signal(signal.{each}, signal.SIG_DFL)\n" for each in SIGNALS
    )
    child = subprocess.Popen(
        [sys.executable, "-c", heard + textwrap.dedent(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert child.stdout is not None and child.stderr is not None
    said = child.stdout.readline()
    assert said == b"ready\n", child.stderr.read().decode()
    before = [found.name for found in folder.iterdir()]
    os.kill(child.pid, getattr(signal, name))
    _, complaints = child.communicate(timeout=600)
    return child.returncode, before, complaints


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("program", [UNPACKED, UNPACKING])
def test_an_unpacked_copy_is_removed(tmp_path: Path, program: str, name: str) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    source = tmp_path / "a.csv.gz"
    source.write_bytes(gzip.compress(b"x,y\n" + b"1,2\n2,3\n" * 1000))
    code, before, complaints = ended(program, [str(source)], name, folder)
    assert (code, complaints) == (-getattr(signal, name), b"")
    assert len(before) == 1 and before[0].startswith("steepest-copy-")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", SIGNALS)
def test_a_half_written_output_is_removed(tmp_path: Path, name: str) -> None:
    source, model = tmp_path / "a.csv", tmp_path / "a.steepest"
    source.write_text("x,y\n" + "1,2\n2,3\n4,4\n" * 10)
    model.write_text("old")
    code, before, complaints = ended(WRITING, [str(source), str(model)], name, tmp_path)
    assert (code, complaints) == (-getattr(signal, name), b"")
    assert len([one for one in before if one.endswith(".part")]) == 1
    assert sorted(tmp_path.iterdir()) == [source, model] and model.read_text() == "old"


@pytest.mark.parametrize("name", SIGNALS)
def test_what_the_engine_put_on_the_disk_is_removed(tmp_path: Path, name: str) -> None:
    code, before, complaints = ended(SPILLED, [], name, tmp_path)
    assert (code, complaints) == (-getattr(signal, name), b"")
    assert [one.startswith("steepest-engine-") for one in before] == [True]
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    program = """
        import os, signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        from steepest.cli import main as cli
        def command(**options):
            os.kill(os.getpid(), signal.SIGHUP)
            print(signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL, flush=True)
        cli.steepest.main = command
        try:
            cli.main()
        finally:
            print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, [b"True", b"True"], b"")


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    source = tmp_path / "a.csv.gz"
    source.write_bytes(gzip.compress(b"x,y\n" + b"1,2\n2,3\n" * 1000))
    folder = tmp_path / "temporary"
    folder.mkdir()
    code, before, _ = ended(UNPACKED, [str(source)], "SIGKILL", folder)
    assert code == -signal.SIGKILL and [one.name for one in folder.iterdir()] == before
    mine = folder / before[0].replace(before[0].split("-")[3], str(os.getpid()))
    mine.touch()
    new = temporary.temporary_file(folder, "steepest-copy-", "-b.csv")
    assert sorted(folder.iterdir()) == sorted([mine, new])
    temporary.remove(new)
    assert list(folder.iterdir()) == [mine]
