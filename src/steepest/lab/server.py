"""The lab's server: one page and one WebSocket on loopback, for those who have its token."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path, PurePosixPath

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from steepest.errors import InputError, cause, printable
from steepest.lab.feed import Feed, read_lines, until_unwatched
from steepest.lab.guard import Guard
from steepest.lab.messages import (
    Answer,
    FileTask,
    OpenTask,
    PageRequest,
    Refusal,
    TableTask,
    encode,
    read_request,
)
from steepest.lab.page import page
from steepest.lab.session import Session
from steepest.storage.temporary_files import temporary_folder
from steepest.translation import Language, named_language, speaking, spoken
from steepest.wording.fact import Fact, fact, phrase

HOST = "127.0.0.1"
MOST_PAGES = 8  # with an engine at once; each has a process
_MOST_READERS = 4  # files that are read at once, each by a process
_LONGEST_MESSAGE = 4 * 2**20  # bytes: the numbers of a table
_LONGEST_SILENCE = 5.0  # seconds without a whole request
_LOOK = 1.0  # seconds between two looks at who is silent
_PATIENCE = 0.7  # seconds that an overtaken run may go on
_LONGEST_END = 1  # seconds after Ctrl-C until what is under way is broken off
_LARGEST_FILE = 64 * 2**20  # bytes
_SLOWEST_FILE = 60.0  # seconds until all of it is there
_MEBIBYTES = _LARGEST_FILE // 2**20
_FILE = "application/octet-stream"
_TABLES = frozenset((".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson", ".json"))
_LONGEST_NAME = 200  # letters that are shown of a file's
_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def serve(port: int, state: str, ready: Callable[[str], None], feed: Feed | None = None) -> None:
    """Serve until Ctrl-C. `ready` gets the address, with the token, once the server listens.

    With a `feed` pages follow what comes in lines of standard input, and the server ends some time
    after these do.

    Raises InputError where the port cannot be had.
    """
    config = uvicorn.Config(
        "", host=HOST, port=port, log_level="error", access_log=False, lifespan="off",
        ws="websockets-sansio", ws_max_size=_LONGEST_MESSAGE, limit_concurrency=500,
        h11_max_incomplete_event_size=16 * 2**10, timeout_keep_alive=5, server_header=False,
        timeout_graceful_shutdown=_LONGEST_END,
    )  # fmt: skip
    listener = _listener(port)
    guard = Guard(listener.getsockname()[1])
    config.loaded_app = app(guard, state, feed)
    config.app = config.loaded_app
    server = _Server(config)

    async def run() -> None:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready(f"http://{HOST}:{listener.getsockname()[1]}/?token={guard.token}")
        beside = [asyncio.create_task(_close_silent(server))]
        if feed is not None:
            beside.append(asyncio.create_task(_end_with(server, feed)))
        await serving
        for task in beside:
            task.cancel()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


class _Server(uvicorn.Server):
    """Says nothing of the requests that it breaks off at its end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").disabled = True
        await super().shutdown(sockets)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            "port {port} cannot be had: {reason}; choose another, or none",
            port=port,
            reason=cause(error),
        ) from error
    return listener


def app(guard: Guard, state: str = "", feed: Feed | None = None) -> ASGIApp:
    """The application: its routes, behind the guard."""
    pages = asyncio.Semaphore(MOST_PAGES)
    readers = asyncio.Semaphore(_MOST_READERS)

    async def index(request: Request) -> Response:
        token = request.query_params.get("token")
        if token is not None:
            if not guard.knows(token):
                await guard.refuse()
                return _plain(request.headers, 401, fact("wrong token"))
            answer = RedirectResponse("/", 303, _HEADERS)
            answer.set_cookie(guard.cookie, guard.token, httponly=True, samesite="strict", path="/")
            return answer
        if not guard.has_cookie(request.headers):
            await guard.refuse()
            return _plain(request.headers, 401, fact("no token"))
        html, policy = page(state, served=True, live=feed is not None)
        policy += "; frame-ancestors 'none'"
        return HTMLResponse(html, headers={**_HEADERS, "Content-Security-Policy": policy})

    async def open_file(request: Request) -> Response:
        language = _language(request.headers)
        return await upload(request, "opened.steepest", lambda path: OpenTask(path, language))

    async def read_table(request: Request) -> Response:
        name = request.query_params.get("name", "")
        language = _language(request.headers)
        with speaking(language):
            shown = printable(name)[:_LONGEST_NAME] or phrase("the file")
        ending = PurePosixPath(name).suffix.lower()
        file = f"table{ending if ending in _TABLES else '.csv'}"
        return await upload(request, file, lambda path: TableTask(path, shown, language))

    async def upload(request: Request, name: str, task: Callable[[str], FileTask]) -> Response:
        """What the reader answers of a file that is sent: under a name of ours, and not kept."""
        if not guard.has_cookie(request.headers):
            await guard.refuse()
            return _plain(request.headers, 401, fact("no token"))
        if request.headers.get("content-type") != _FILE:
            return _refused(request, 415, fact("not a file"))
        with temporary_folder("steepest-lab-") as folder:
            file = folder / name
            try:
                async with asyncio.timeout(_SLOWEST_FILE):
                    if not await _receive(request, file):
                        return _refused(request, 413, fact("file too large", mebibytes=_MEBIBYTES))
            except TimeoutError:
                return _refused(request, 408, fact("file too slow"))
            except ClientDisconnect:
                return Response(status_code=400)  # the page is gone, and nobody reads this
            async with readers:
                reader = Session()
                try:
                    found = await reader.of_file(task(str(file)))
                finally:
                    await reader.close()
        return Response(found, 200, _HEADERS, "application/json")

    async def engine(socket: WebSocket) -> None:
        await admitted(socket, _converse)

    async def follow(socket: WebSocket) -> None:
        assert feed is not None
        await admitted(socket, partial(_follow, feed))

    async def admitted(socket: WebSocket, talk: Callable[[WebSocket], Awaitable[None]]) -> None:
        if not guard.has_cookie(socket.headers):
            await guard.refuse()
            await socket.close(4401)
            return
        if pages.locked():
            await socket.accept()
            with speaking(_language(socket.headers)):
                reason = phrase("too many pages")
            await socket.close(1013, reason)
            return
        async with pages:
            await socket.accept()
            await talk(socket)

    routes = [
        Route("/", index, methods=["GET"]),
        Route("/open", open_file, methods=["POST"]),
        Route("/table", read_table, methods=["POST"]),
        WebSocketRoute("/engine", engine),
        *([] if feed is None else [WebSocketRoute("/live", follow)]),
    ]
    return _Guarded(Starlette(routes=routes), guard)


async def _receive(request: Request, file: Path) -> bool:
    """Write what is sent into a file of ours; False where it is too large."""
    size = 0
    with file.open("wb") as sink:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _LARGEST_FILE:
                return False
            sink.write(chunk)
    return True


def _refused(request: Request, status: int, why: Fact) -> Response:
    """The refusal of a request, in the language of its page."""
    with speaking(_language(request.headers)):
        refusal = Refusal(str(why))
    return Response(encode(refusal), status, _HEADERS, "application/json")


def _plain(headers: Headers, status: int, why: Fact) -> Response:
    """A refusal that a person reads, in the language of the browser."""
    with speaking(_language(headers)):
        return PlainTextResponse(str(why), status, _HEADERS)


def _language(headers: Headers) -> Language:
    """The first of ours among those that the page or browser asks for, else the server's."""
    asked = (
        each.partition(";")[0].strip() for each in headers.get("accept-language", "").split(",")
    )
    return next(filter(None, map(named_language, asked)), spoken())


class _Guarded:
    """Refuses every request that does not name this server, before anything reads it."""

    def __init__(self, inner: ASGIApp, guard: Guard) -> None:
        self.inner = inner
        self.guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] != "lifespan" else None
        if headers is None or self.guard.is_ours(headers):
            await self.inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        else:
            await _plain(headers, 403, fact("foreign host"))(scope, receive, send)


async def _follow(feed: Feed, socket: WebSocket) -> None:
    """Send each new state; a page that is slow misses some."""

    async def send() -> None:
        seen = 0
        while True:
            state = await feed.after(seen)
            seen = feed.count
            await socket.send_bytes(state)

    sending = asyncio.create_task(send())
    feed.pages, feed.was_seen = feed.pages + 1, True
    try:
        while (await socket.receive())["type"] == "websocket.receive":
            pass  # a page has nothing to say here
    finally:
        feed.pages -= 1
        sending.cancel()


async def _end_with(server: uvicorn.Server, feed: Feed) -> None:
    """End the server when the feed has ended and nobody looks at its page."""
    ended = asyncio.Event()
    read_lines(feed, asyncio.get_running_loop(), ended)
    await ended.wait()
    await until_unwatched(feed)
    server.should_exit = True


async def _converse(socket: WebSocket) -> None:
    """Answer the newest request; a run that a newer one overtakes is not shown, and ends soon."""
    session, inbox = Session("torch"), _Inbox()
    answering = asyncio.create_task(_answer(socket, session, inbox))
    try:
        while (message := await socket.receive())["type"] == "websocket.receive":
            request = read_request(message.get("text") or message.get("bytes") or "")
            if isinstance(request, Answer):
                await socket.send_bytes(encode(request))
            else:
                inbox.put(request)
    except WebSocketDisconnect:
        pass  # the page is gone
    finally:
        answering.cancel()
        await session.close()


class _Inbox:
    """Holds the newest request that is not yet taken."""

    def __init__(self) -> None:
        self._newest: PageRequest | None = None
        self.filled = asyncio.Event()

    def put(self, request: PageRequest) -> None:
        self._newest = request
        self.filled.set()

    async def take(self) -> PageRequest:
        await self.filled.wait()
        self.filled.clear()
        assert self._newest is not None
        return self._newest


async def _answer(socket: WebSocket, session: Session, inbox: _Inbox) -> None:
    """Send answers as long as the page is there. The process is ready before it is asked."""
    while True:
        await session.start()
        request = await inbox.take()
        running = asyncio.create_task(session.answer(request))
        overtaken = asyncio.create_task(inbox.filled.wait())
        try:
            await asyncio.wait({running, overtaken}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():  # short runs end by themselves; another process takes longer
                await asyncio.wait({running}, timeout=_PATIENCE)
            if running.done() and not inbox.filled.is_set():
                await socket.send_bytes(encode(running.result()))
        finally:
            overtaken.cancel()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def _close_silent(server: uvicorn.Server) -> None:
    """Close connections that send no whole request: they would keep others out."""
    seen: dict[object, float] = {}
    while True:
        await asyncio.sleep(_LOOK)
        now = asyncio.get_running_loop().time()
        silent = [
            one for one in server.server_state.connections if getattr(one, "cycle", "") is None
        ]
        seen = {one: seen.get(one, now) for one in silent}
        for connection in silent:
            transport = getattr(connection, "transport", None)
            if transport is not None and now - seen[connection] > _LONGEST_SILENCE:
                transport.close()
