"""One page's engine: its own process, one run at a time; a newer request ends an older one."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from typing import final

import msgspec

from steepest.lab.messages import Answer, FileTask, PageRequest, Refusal, encode
from steepest.wording.fact import phrase

LONGEST = 30.0  # seconds that a run may take
_LONGEST_LINE = 64 * 2**20  # bytes of an answer


@final
class Session:
    """The engine of one connection. `close` must be called at its end."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def answer(self, request: PageRequest) -> Answer:
        """The engine's answer. A cancelled one ends the process: the next begins another."""
        line = await self._line(request)
        if isinstance(line, str):
            return Answer(request.id, error=line)
        return msgspec.json.decode(line, type=Answer)

    async def of_file(self, task: FileTask) -> bytes:
        """What a file that is opened or read shows, or why it is none, as JSON."""
        line = await self._line(task)
        return encode(Refusal(line)) if isinstance(line, str) else line

    async def _line(self, asked: PageRequest | FileTask) -> bytes | str:
        """The line that answers, or a sentence where none came."""
        try:
            line = await asyncio.wait_for(self._exchange(encode(asked)), LONGEST)
        except TimeoutError:
            self.close()
            return phrase("run too long", seconds=LONGEST)
        except asyncio.CancelledError:
            self.close()
            raise
        if not line:
            self.close()
        return line or phrase("engine ended")

    async def start(self) -> Process:
        """The process, begun where there is none."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "steepest.lab.worker",
                stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE,
            )  # fmt: skip
        return self._process

    async def _exchange(self, line: bytes) -> bytes:
        process = await self.start()
        source, sink = process.stdout, process.stdin
        assert source is not None and sink is not None
        sink.write(line + b"\n")
        await sink.drain()
        return await source.readline()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None
