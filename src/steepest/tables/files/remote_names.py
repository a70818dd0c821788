"""Names of files on other machines without the secrets they may hold, and why one is not read."""

import re
from typing import final
from urllib.parse import urlsplit

from steepest.errors import InputError

# Which of fsspec's or Arrow's filesystems reads a scheme; what installs it where it is lacking.
WEB = ("http", "https")
STORES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "abfs": "abfs", "abfss": "abfss"}
SCHEMES = (*WEB, *STORES)
_URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_REFUSED = re.compile(
    r"ACCESS_DENIED|UNAUTHORIZED|INVALID_ACCESS_KEY|SIGNATURE|EXPIRED|Forbidden|credential"
    r"|AuthenticationError|PermissionDenied|AuthorizationFailure|\b40[13]\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"NO_SUCH|NoSuch|not.?found|does not exist|\b404\b|\b410\b", re.IGNORECASE)
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or gcloud auth application-default login",
    "abfs": "az login, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
    "http": "a line for this machine in ~/.netrc",
}


def scheme_of(text: str) -> str | None:
    """The scheme of a URL in small letters; None for the name of a file here.

    >>> scheme_of("S3://rows/a.parquet"), scheme_of("a.csv"), scheme_of("C:/a.csv")
    ('s3', None, None)
    """
    found = _URL.match(text)
    return None if found is None else found[1].lower()


def unsigned(url: str) -> str:
    """The URL without what follows its path.

    >>> unsigned("https://example.org/a.csv?sig=…")
    'https://example.org/a.csv'
    """
    return url.partition("?")[0].partition("#")[0]


def has_secrets(url: str) -> bool:
    """Whether a URL holds a user, or parameters, which may be signatures or keys."""
    return "@" in _place(url)[0] or "?" in url


def without_secrets(text: str) -> str:
    """The URL as it may be printed and saved: no user, no password, no parameters.

    >>> without_secrets("https://me:word@example.org/a.csv?sig=abc&x=1#top")
    'https://example.org/a.csv?…'
    >>> without_secrets("abfs://rows@account.dfs.core.windows.net/a.parquet")
    'abfs://rows@account.dfs.core.windows.net/a.parquet'
    >>> without_secrets("points.csv?"), without_secrets("s3://rows/a.parquet")
    ('points.csv?', 's3://rows/a.parquet')
    """
    if scheme_of(text) is None:
        return text
    host, rest = _place(text)
    user, at, machine = host.rpartition("@")
    # In abfs the container stands before the @; a password only behind a colon.
    kept = f"{user}@" if at and scheme_of(text) in ("abfs", "abfss") and ":" not in user else ""
    hidden = "?…" if "?" in text else ""
    return f"{text[: text.index('://')]}://{kept}{machine}{unsigned(rest)}{hidden}"


def _place(url: str) -> tuple[str, str]:
    """The machine, with its user, and what follows."""
    rest = url.partition("://")[2]
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    return rest[:end], rest[end:]


@final
class RemoteError(InputError):
    """A file of another machine cannot be read. `passing`: it may be tried again at once; `absent`:
    there is none of its name.
    """

    passing = absent = False


def failure(label: str, problem: BaseException) -> "RemoteError":
    """In words why a file of another machine cannot be read; no secret is in them.

    What the store says may quote the address, its key or its signature: of it only what kind of
    failure it is goes on.
    """
    text, status = f"{type(problem).__name__}: {problem}", getattr(problem, "status", None)
    scheme = scheme_of(label) or ""
    if isinstance(problem, RemoteError):
        return problem
    if isinstance(problem, ModuleNotFoundError):
        return lacking(label, str(problem.name))
    if status in (401, 403, 407) or (status is None and _REFUSED.search(text)):
        return _refused(label, scheme, status)
    absent = isinstance(problem, FileNotFoundError) or status in (404, 410)
    if absent or (status is None and _ABSENT.search(text)):
        found = f" ({status})" if status else " (404)" if scheme in WEB else ""
        error = RemoteError(
            "{label} does not exist{code}; check the address", label=label, code=found
        )
        error.absent = True
        return error
    return _failed(label, problem, status)


def _refused(label: str, scheme: str, status: int | None) -> RemoteError:
    code = f" ({status})" if status else ""
    kind = "http" if scheme in WEB else STORES[scheme]
    return RemoteError(
        "{label}: access was refused{code}; give credentials as this store takes them: {how}",
        label=label,
        code=code,
        how=_CREDENTIALS[kind],
    )


def _failed(label: str, problem: BaseException, status: int | None) -> RemoteError:
    if status is not None:
        error = RemoteError(
            "{label}: its server answered {status}; try again later", label=label, status=status
        )
        error.passing = status >= 500 or status == 429
        return error
    host = (
        urlsplit(unsigned(label)).hostname if scheme_of(label) in WEB else label.partition("://")[0]
    )
    error = RemoteError(
        "{label}: {host} cannot be reached, or the connection broke off ({kind}); check the "
        "network and the address, and run again",
        label=label,
        host=host,
        kind=type(problem).__name__,
    )
    error.passing = True
    return error


def lacking(label: str, package: str) -> RemoteError:
    """The error where a package is needed that is not installed."""
    return RemoteError(
        "{label}: {package} reads such addresses, and it is not installed; run "
        "pip install 'steepest[remote]'",
        label=label,
        package=package,
    )


def refuse_secrets_in_query(name: str) -> None:
    """A query is kept as it is written: no secret may stand in it."""
    if scheme_of(name) is not None and has_secrets(name):
        raise InputError(
            "query: {label} holds a user or parameters, and queries are kept as they are written; "
            "give credentials by the environment, or read the file by itself",
            label=without_secrets(name),
        )
