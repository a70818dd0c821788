"""Files are whole or absent; a file that is not whole is refused with one line and nothing run."""

import errno
import json
import math
import os
import pickle
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steepest.errors import InputError, OutputError, StorageError
from steepest.storage import container
from steepest.storage import temporary_files as temporary
from steepest.storage.atomic_write import check_writable, write_text
from steepest.storage.container import read_container, write_container

ARRAYS = {
    "weights": np.array([1.5, -0.0, math.nan, math.inf]),
    "gram": np.arange(6, dtype=np.float32).reshape(2, 3),
    "rows": np.array(10**15),
    "small": np.array([-1, 2], dtype=np.int32),
    "bytes": np.arange(5, dtype=np.uint8),
    "flags": np.array([True, False, True]),
    "none": np.zeros((0, 4)),
}
DESCRIPTION = {
    "names": ["x", "größe", "<script>"],
    "scale": {"x": 0.1, "bad": math.nan, "far": [-math.inf, math.inf]},
    "count": 10**18,
    "nothing": None,
    "yes": True,
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "house.steepest"
    write_container(path, ARRAYS, DESCRIPTION, "model")
    return path


def refusal(path: Path, kind: str = "model", error: type[Exception] = StorageError) -> str:
    with pytest.raises(error) as caught:
        read_container(path, kind)
    message = str(caught.value)
    assert "\n" not in message and path.name in message
    assert type(caught.value) is error
    return message.replace(str(path), "FILE")


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    contents = path.read_bytes()
    (length,) = struct.unpack("<Q", contents[:8])
    return json.loads(contents[8 : 8 + length]), contents[8 + length :]


def put_together(path: Path, header: bytes | dict[str, Any], data: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def relabel(path: Path, **changes: Any) -> None:
    header, data = parts(path)
    label = json.loads(header["__metadata__"]["steepest"])
    header["__metadata__"]["steepest"] = json.dumps({**label, **changes})
    put_together(path, header, data)


# --- What is written is read back ------------------------------------------------------------


def test_round_trip(model: Path) -> None:
    arrays, description = read_container(model, "model")
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype and arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
        assert arrays[name].flags.writeable and arrays[name].flags.aligned
    assert math.isnan(description["scale"].pop("bad"))
    assert description == {**DESCRIPTION, "scale": {"x": 0.1, "far": [-math.inf, math.inf]}}


def test_it_is_plain_safetensors(model: Path) -> None:
    loaded = safetensors.numpy.load_file(model)
    np.testing.assert_array_equal(loaded["gram"], ARRAYS["gram"])
    assert list(parts(model)[0]["__metadata__"]) == ["steepest"]


def test_layouts_and_scalars(tmp_path: Path) -> None:
    path = tmp_path / "a.steepest"
    wide = np.arange(12.0).reshape(3, 4)
    arrays = {"fortran": np.asfortranarray(wide), "part": wide[:, ::2], "big": wide.astype(">f8")}
    write_container(path, arrays, {"n": np.int64(3), "f": np.float64(0.5), "t": (1, 2)}, "model")
    read, description = read_container(path, "model")
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    assert description == {"n": 3, "f": 0.5, "t": [1, 2]}
    write_container(path, {}, {}, "moments")
    assert read_container(path, "moments") == ({}, {})


def test_the_same_contents_give_the_same_bytes(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.steepest"
    write_container(other, dict(reversed(ARRAYS.items())), DESCRIPTION, "model")
    assert other.read_bytes() == model.read_bytes()


def test_unstorable_types_are_a_programmers_error(tmp_path: Path) -> None:
    for array in (np.array(["a"]), np.array([{}]), np.zeros(2, complex)):
        with pytest.raises(TypeError, match="'w' has dtype"):
            write_container(tmp_path / "a.steepest", {"w": array}, {}, "model")
    assert list(tmp_path.iterdir()) == []


# --- What cannot be read ---------------------------------------------------------------------


def test_missing_file_and_folder(tmp_path: Path) -> None:
    missing = tmp_path / "no.steepest"
    assert refusal(missing, error=InputError) == "cannot read FILE: no such file or directory."
    assert refusal(tmp_path, error=InputError) == "cannot read FILE: it is not a regular file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.steepest"
    os.mkfifo(pipe)
    assert refusal(pipe, error=InputError) == "cannot read FILE: it is not a regular file."


def test_every_truncation(model: Path) -> None:
    whole = model.read_bytes()
    for size in range(len(whole)):
        model.write_bytes(whole[:size])
        message = refusal(model)
        assert message.startswith("FILE is "), message
    model.write_bytes(b"")
    assert refusal(model) == "FILE is empty, not a steepest file."
    model.write_bytes(whole[:-3])
    size = len(parts(model)[1])
    assert refusal(model) == (
        f"FILE is cut short: arrays of {size + 3} bytes are announced, and {size} bytes found."
    )
    model.write_bytes(whole[:100])
    assert "FILE is cut short or not a steepest file: it has 100 bytes" in refusal(model)


def test_trailing_bytes(model: Path) -> None:
    model.write_bytes(model.read_bytes() + b"abc")
    assert refusal(model) == "FILE is damaged: it goes on for 3 bytes where it should end."


def test_another_kind_and_a_newer_version(model: Path) -> None:
    assert refusal(model, kind="moments") == (
        "FILE is a steepest file of kind 'model'; one of 'moments' is needed."
    )
    relabel(model, format=7)
    assert refusal(model) == (
        "FILE was written by a newer steepest (format 7, this one reads up to 1); "
        "update steepest to read it."
    )


class Trap:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("sprung",))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trap.steepest"
    path.write_bytes(pickle.dumps([Trap(), "x" * 200], protocol=protocol))
    message = refusal(path)
    assert "not a steepest file" in message
    if protocol >= 2:
        assert message == (
            "FILE is not a steepest file: it looks like a pickle, and pickles are never opened "
            "because opening one can run code."
        )
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        (b"PK\x03\x04" + bytes(99), "a zip archive (as torch.save writes)"),
        (b"PAR1" + bytes(99), "a Parquet file"),
        (b"x,y\n1,2\n3,4\n5,6\n", "is not a steepest file: it looks like text, such as a table."),
        (b'{"weights": [1, 2, 3]}', "a JSON text"),
        (b'{\n "cells": []}', "looks like a notebook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "looks like a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "looks like a picture"),
        (b"%PDF-1.7\n" + bytes(99), "looks like a PDF document"),
        (b"<!DOCTYPE html>\n<html></html>", "looks like a web page, such as a report"),
        (b'<?xml version="1.0"?>\n<svg></svg>', "looks like an XML file, such as a picture in SVG"),
        (b"\x93NUMPY\x01\x00v\x00" + bytes(99), "a NumPy file"),
        (bytes(64), "not a steepest file"),
    ],
)
def test_foreign_files(tmp_path: Path, contents: bytes, what: str) -> None:
    path = tmp_path / "foreign.steepest"
    path.write_bytes(contents)
    assert what in refusal(path)


def test_foreign_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    safetensors.numpy.save_file({"w": np.ones(3)}, path)
    message = "FILE is a safetensors file, but steepest did not write it."
    assert refusal(path) == message
    safetensors.numpy.save_file({"w": np.ones(3)}, path, {"format": "pt"})
    assert refusal(path) == message


@pytest.mark.parametrize("length", [0, 1, 10**6, 2**31, 2**40, 2**63, 2**64 - 1])
def test_header_lengths_that_cannot_be(model: Path, length: int) -> None:
    contents = model.read_bytes()
    model.write_bytes(struct.pack("<Q", length) + contents[8:])
    assert "not a steepest file" in refusal(model)


def test_a_huge_header_in_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.steepest"
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", 2**40 - 8))
        file.truncate(2**40)
    assert "not a steepest file" in refusal(path)


ENTRY = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"data_offsets": [0, 2**50], "shape": [2**47]},
            "FILE is cut short: arrays of 1125899906842624 bytes",
        ),
        ({"shape": [3]}, "array w has a shape that does not fit its bytes."),
        ({"shape": [2**40, 2**40]}, "array w has a shape that does not fit its bytes."),
        ({"shape": [1] * 40 + [2]}, "array w has a shape that does not fit its bytes."),
        ({"shape": [-2]}, "the header's entry for array w cannot be read."),
        ({"shape": [2.0]}, "the header's entry for array w cannot be read."),
        ({"shape": [True, 2]}, "the header's entry for array w cannot be read."),
        ({"shape": "2"}, "the header's entry for array w cannot be read."),
        ({"data_offsets": [16, 0]}, "array w has a shape that does not fit its bytes."),
        ({"data_offsets": [8, 24]}, "FILE is damaged: its arrays overlap or leave gaps."),
        ({"data_offsets": [0, 16, 16]}, "the header's entry for array w cannot be read."),
        ({"data_offsets": [0, 10**30]}, "the header's entry for array w cannot be read."),
        ({"dtype": "BF16"}, "array w has type BF16, which steepest does not write."),
        ({"dtype": "O\n"}, "array w has type 'O\\n', which steepest does not write."),
        ({"dtype": ["F64"]}, "array w has type ['F64'], which steepest does not write."),
        ({"dtype": "F32"}, "array w has a shape that does not fit its bytes."),
        ({"dtype": "I64"}, "FILE is damaged: its contents do not match its checksum."),
        ({"extra": 1}, "the header's entry for array w cannot be read."),
    ],
)
def test_headers_that_lie(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "lie.steepest"
    write_container(path, {"w": np.ones(2)}, {}, "model")
    header, data = parts(path)
    assert header["w"] == ENTRY
    put_together(path, {**header, "w": {**ENTRY, **changes}}, data)
    assert message in refusal(path)


def test_overlapping_arrays(tmp_path: Path) -> None:
    path = tmp_path / "overlap.steepest"
    write_container(path, {"w": np.ones(2)}, {}, "model")
    header, data = parts(path)
    put_together(path, {**header, "v": ENTRY}, data)
    assert refusal(path) == "FILE is damaged: its arrays overlap or leave gaps."


@pytest.mark.parametrize(
    "text",
    [
        b"{not json}" + b" " * 50,
        b"[1, 2, 3]",
        b'"text"',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"__metadata__": {}, "__metadata__": {}}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": NaN}',
    ],
)
def test_headers_that_are_not_json(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "text.steepest"
    put_together(path, text)
    assert refusal(path) == "FILE is damaged or not a steepest file: its header is not JSON."


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "1"},
        {"format": -1},
        {"format": True},
        {"format": None},
        {"kind": 3},
        {"sha256": None},
        {"description": {}},
    ],
)
def test_labels_that_cannot_be_read(model: Path, changes: dict[str, Any]) -> None:
    relabel(model, **changes)
    assert refusal(model) == "FILE is damaged: its description cannot be read."


@pytest.mark.parametrize("text", ["[1]", "{", "[" * 50_000, ""])
def test_descriptions_that_cannot_be_read(model: Path, text: str) -> None:
    arrays = {name: np.asarray(array) for name, array in ARRAYS.items()}
    digest = container._digest(arrays, "model", text)
    relabel(model, description=text, sha256=digest)
    assert refusal(model) == "FILE is damaged: its description cannot be read."


def test_one_changed_number_is_noticed(model: Path) -> None:
    header, data = parts(model)
    first = header["weights"]["data_offsets"][0]
    put_together(model, header, data[:first] + b"\x01" + data[first + 1 :])
    assert refusal(model) == "FILE is damaged: its contents do not match its checksum."
    put_together(model, header, data)
    text = json.loads(header["__metadata__"]["steepest"])["description"]
    relabel(model, description=text.replace("0.1", "0.2"))
    assert refusal(model) == "FILE is damaged: its contents do not match its checksum."


def unharmed(path: Path) -> Any:
    """The contents, where a change fell on something without meaning, such as a space."""
    arrays, description = read_container(path, "model")
    return repr(description), {name: array.tobytes() for name, array in arrays.items()}


FUZZ = settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4)
)
@example(flips=[])
def test_any_flipped_bytes_are_refused_or_harmless(
    model: Path, flips: list[tuple[int, int]]
) -> None:
    whole = model.read_bytes()
    expected = unharmed(model)
    contents = bytearray(whole)
    for place, mask in flips:
        contents[int(place * len(contents))] ^= mask
    broken = model.with_name("broken.steepest")
    broken.write_bytes(contents)
    try:
        assert unharmed(broken) == expected
    except StorageError as error:
        assert "\n" not in str(error) and "broken.steepest" in str(error)


@FUZZ
@given(contents=st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "noise.steepest"
    path.write_bytes(contents)
    refusal(path)


@FUZZ
@given(
    header=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["__metadata__", "steepest", "w", "dtype", "shape", "data_offsets"]
                ),
                inner,
            )
        ),
    )
)
def test_any_header_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "noise.steepest"
    put_together(path, header, bytes(16))
    refusal(path)


# --- What cannot be written ------------------------------------------------------------------


def failing(number: int) -> Any:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    model: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    before = model.read_bytes()
    monkeypatch.setattr(os, function, failing(errno.ENOSPC))
    with pytest.raises(OutputError) as caught:
        write_container(model, {"w": np.ones(3)}, {}, "model")
    assert str(caught.value) == (
        f"cannot write {model}: no space left on device. What was there before is untouched; "
        "free some space or choose another place."
    )
    assert caught.value.exit_code == 74
    assert [entry.name for entry in model.parent.iterdir()] == [model.name]
    assert model.read_bytes() == before


def test_ctrl_c_while_writing_leaves_the_old_file(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model.read_bytes()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(model, "new")
    assert [entry.name for entry in model.parent.iterdir()] == [model.name]
    assert model.read_bytes() == before


def test_a_folder_that_cannot_be_synced_is_no_failure(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    write_text(model, "new")
    assert model.read_text() == "new"


def test_file_and_folder_are_synced_around_the_rename(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (
            calls.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"),
            sync(fd),
        ),
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("rename"), replace(a, b)))
    write_text(model, "new")
    assert calls == ["file", "rename", "folder"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Any]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    path = small_disk / "model.steepest"
    write_container(path, {"w": np.ones(100)}, {}, "model")
    before = path.read_bytes()
    with pytest.raises(OutputError, match="no space left on device"):
        write_container(path, {"w": np.ones(50_000)}, {}, "model")
    with pytest.raises(OutputError, match="no space left on device"):
        write_text(small_disk / "report.html", "x" * 500_000)
    assert [entry.name for entry in small_disk.iterdir()] == ["model.steepest"]
    assert path.read_bytes() == before


KILLED = """
import os, sys
from steepest.storage.atomic_write import write_text
os.fsync = lambda _: os._exit(9)
write_text(sys.argv[1], "new")
"""


def test_a_crash_while_writing_leaves_the_old_file(model: Path) -> None:
    before = model.read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(model)], check=False)
    assert done.returncode == 9
    assert model.read_bytes() == before
    assert read_container(model, "model")


def test_rights_and_links_are_kept(model: Path) -> None:
    model.chmod(0o640)
    link = model.with_name("link.steepest")
    link.symlink_to(model.name)
    write_text(link, "new")
    assert link.is_symlink() and model.read_text() == "new"
    assert stat.S_IMODE(model.stat().st_mode) == 0o640
    fresh = model.with_name("fresh.txt")
    mask = os.umask(0o027)
    try:
        write_text(fresh, "größer\n")
    finally:
        os.umask(mask)
    assert fresh.read_bytes() == "größer\n".encode()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640


def test_check_writable_leaves_no_trace(tmp_path: Path, model: Path) -> None:
    before = model.read_bytes(), model.stat().st_mtime_ns
    check_writable(model)
    check_writable(tmp_path / "new.html")
    assert (model.read_bytes(), model.stat().st_mtime_ns) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [model.name]


def unwritable(tmp_path: Path) -> Any:
    file = tmp_path / "file.txt"
    file.write_text("")
    return {
        tmp_path / "no" / "m.steepest": f"there is no folder {tmp_path / 'no'}",
        file / "m.steepest": f"there is no folder {file}",
        tmp_path: "it is a folder",
        tmp_path / ("a" * 300): "file name too long",
        "": "the name is empty",
        "a\0b": "embedded null byte",
    }


def test_unwritable_places_are_named_before_and_after(tmp_path: Path) -> None:
    for path, cause in unwritable(tmp_path).items():
        shown = str(path) if str(path).isprintable() and str(path) else ascii(path)
        with pytest.raises(InputError) as early:
            check_writable(path)
        assert str(early.value) == f"cannot write {shown}: {cause}. Choose another place."
        with pytest.raises(OutputError) as late:
            write_text(path, "text")
        assert str(late.value).startswith(f"cannot write {shown}: {cause}. ")


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no /dev/null here")
def test_a_device_is_not_replaced_by_a_file() -> None:
    with pytest.raises(InputError, match="it is not a regular file"):
        check_writable("/dev/null")
    with pytest.raises(OutputError, match="it is not a regular file"):
        write_text("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_no_permission(tmp_path: Path, model: Path) -> None:
    model.chmod(0o400)
    if os.access(model, os.W_OK):
        pytest.skip("whoever runs this may write anywhere (root)")
    with pytest.raises(InputError, match=r"house\.steepest: permission denied"):
        check_writable(model)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="permission denied"):
            check_writable(tmp_path / "new.steepest")
        with pytest.raises(OutputError, match="permission denied"):
            write_text(tmp_path / "new.steepest", "text")
    finally:
        tmp_path.chmod(0o700)
    model.chmod(0o000)
    assert refusal(model, error=InputError) == "cannot read FILE: permission denied."


def test_no_permission_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", failing(errno.EACCES))
    with pytest.raises(InputError, match="permission denied"):
        check_writable(tmp_path / "new.steepest")


def test_names_with_line_breaks_stay_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb" / "c"
    with pytest.raises(InputError) as caught:
        check_writable(path)
    assert "\n" not in str(caught.value) and "a\\nb" in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="there a process cannot be asked for harmlessly")
def test_what_a_killed_writer_left_is_removed_at_the_next_write(tmp_path: Path) -> None:
    file = tmp_path / "run.ckpt"
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()

    def left(name: str, process: int, machine: str | None = None) -> Any:
        part = tmp_path / f".{name}.{machine or temporary._machine()}-{process}-0123abcd.part"
        part.write_bytes(b"half")
        return part

    stale = left("run.ckpt", done.pid)
    kept = [
        left("run.ckpt", os.getpid()),  # someone who is writing
        left("run.ckpt", os.getppid()),
        left("run.ckpt", done.pid, "ffffff"),  # on another machine
        left("other.ckpt", done.pid),
        tmp_path / ".run.ckpt.mine.part",
    ]
    kept[-1].write_bytes(b"not ours")
    write_text(file, "whole")
    assert not stale.exists() and file.read_text() == "whole"
    assert sorted(tmp_path.iterdir()) == sorted([file, *kept])
