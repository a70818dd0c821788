"""Who may ask the lab's server: those who know its token, and no page of another host.

A request must name this server in Host (the name of another host that leads here is a foreign
page's way in) and, where it has an Origin, there too. The token comes once in the address, is
exchanged for a cookie that scripts cannot read, and so leaves the address bar.
"""

import asyncio
import hmac
import secrets
from typing import final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

_COOKIE = "steepest-lab"
# A wrong token is answered after so many seconds, one after the other: guessing takes for ever.
_PAUSE = 0.2


@final
class Guard:
    """The token of one server, and what is asked of every request."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.cookie = f"{_COOKIE}-{port}"
        self.hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        self._wrong = asyncio.Lock()

    def is_ours(self, headers: Headers) -> bool:
        """Whether Host, and Origin where there is one, are this server."""
        hosts, ours = headers.getlist("host"), {f"http://{host}" for host in self.hosts}
        same = all(origin in ours for origin in headers.getlist("origin"))
        return len(hosts) == 1 and hosts[0].lower() in self.hosts and same

    def knows(self, token: str) -> bool:
        """Whether this is the token; takes as long whatever the token is."""
        return hmac.compare_digest(token.encode("utf-8"), self.token.encode("utf-8"))

    def has_cookie(self, headers: Headers) -> bool:
        """Whether the token's cookie came with the request.

        Cookies have no port: those of every other server of this machine come too. They are read
        as browsers write them, since Python's SimpleCookie drops all where one is malformed.
        """
        return self.knows(cookie_parser(headers.get("cookie", "")).get(self.cookie, ""))

    async def refuse(self) -> None:
        """Wait before a wrong token is answered; others who are refused wait their turn."""
        async with self._wrong:
            await asyncio.sleep(_PAUSE)
