"""What pages are shown of a run that another program makes: a line for each state of it."""

import asyncio
import sys
import threading
from typing import final

_FIRST_LOOK = 60.0  # seconds after the last line until the page must have been opened
_RELOAD = 3.0  # seconds that a page may take to come back


@final
class Feed:
    """The newest state of what is followed, and who waits for the next one."""

    def __init__(self) -> None:
        self.newest = b""
        self.count = 0
        self.pages = 0
        self.was_seen = False
        self._changed = asyncio.Condition()

    async def put(self, line: bytes) -> None:
        async with self._changed:
            self.newest, self.count = line, self.count + 1
            self._changed.notify_all()

    async def after(self, count: int) -> bytes:
        """The newest state, once there is one that is newer."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.count > count)
            return self.newest


async def until_unwatched(feed: Feed) -> None:
    """Wait until nobody looks at the page."""
    patience = _FIRST_LOOK
    while True:
        await asyncio.sleep(_RELOAD if feed.was_seen else patience)
        if feed.pages == 0:
            return
        patience = _RELOAD


def read_lines(feed: Feed, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Begin a thread that hands the lines of standard input to the feed."""

    def read() -> None:
        for line in sys.stdin.buffer:
            asyncio.run_coroutine_threadsafe(feed.put(line), loop).result()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=read, daemon=True).start()
