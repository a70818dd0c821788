"""One page's engine: its own process, one run at a time; a newer request ends an older one."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import final

import msgspec

from steepest.lab.messages import Answer, FileTask, PageRequest, Refusal, encode, speaking_to
from steepest.wording.fact import phrase

LONGEST = 30.0  # seconds that a run may take, or the reading of a file
_LONGEST_LINE = 64 * 2**20  # bytes of an answer


@final
class Session:
    """The engine of one connection, or of one file. `close` must be called at its end."""

    def __init__(self, *packages: str) -> None:
        """`packages` are loaded before the first question."""
        self._packages = packages
        self._process: Process | None = None

    async def answer(self, request: PageRequest) -> Answer:
        """The engine's answer. A cancelled one ends the process: the next begins another."""
        try:
            line = await self._line(request)
        except TimeoutError:
            with speaking_to(request):
                return Answer(request.id, error=phrase("run too long", seconds=LONGEST))
        if not line:
            with speaking_to(request):
                return Answer(request.id, error=phrase("engine ended"))
        return msgspec.json.decode(line, type=Answer)

    async def of_file(self, task: FileTask) -> bytes:
        """What a file that is opened or read shows, or why it is none, as JSON."""
        try:
            line = await self._line(task)
        except TimeoutError:
            with speaking_to(task):
                return encode(Refusal(phrase("reading too long", seconds=LONGEST)))
        with speaking_to(task):
            return line or encode(Refusal(phrase("reader ended")))

    async def _line(self, asked: PageRequest | FileTask) -> bytes:
        """The line that answers; empty where the process ended. Raises TimeoutError."""
        try:
            process = await self.start()
            line = await asyncio.wait_for(_exchange(process, encode(asked)), LONGEST)
        except ConnectionError:
            line = b""
        except (TimeoutError, asyncio.CancelledError):
            await self.close()
            raise
        if not line:
            await self.close()
        return line

    async def start(self) -> Process:
        """The process, begun where there is none. It is waited for until it has loaded all.

        Ctrl-C, which the terminal tells to all processes of a session, is for the server.
        """
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "steepest.lab.worker", *self._packages,
                stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE, start_new_session=True,
            )  # fmt: skip
            assert self._process.stdout is not None
            await self._process.stdout.readline()
        return self._process

    async def close(self) -> None:
        """End the process and what it has begun, whatever they are doing.

        Who is cancelled meanwhile waits on: what is killed ends soon, and a loop that closed before
        it would leave its pipes open.
        """
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        cancelled = False
        while True:
            try:
                await process.communicate()
                break
            except asyncio.CancelledError:
                cancelled = True
        if cancelled:
            raise asyncio.CancelledError


async def _exchange(process: Process, line: bytes) -> bytes:
    source, sink = process.stdout, process.stdin
    assert source is not None and sink is not None
    sink.write(line + b"\n")
    await sink.drain()
    return await source.readline()
