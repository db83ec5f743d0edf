"""The address of a service, with the options that all services share.

Options stand after ``#``, which no client ever sends: ``http://host/path#concurrency=4&rate=10``. No secret
stands in an address: plans and reports show it. The token is taken from the environment.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from steelyard.core.errors import ProductError, UnknownName
from steelyard.core.words import Words
from steelyard.products._canonical import canonical_url

TOKEN = "STEELYARD_TOKEN"  # noqa: S105 - the variable's name
MOST_DETAIL = 300
"""Characters of what a service said of a fault."""
SECRETS = {"key", "apikey", "token", "accesstoken", "secret", "password", "signature", "sig"}
RANGES = {"concurrency": (1, 256), "retries": (0, 10), "canaries": (0, 100)}


@dataclass(frozen=True)
class Options:
    """What may stand after ``#`` in the address of any service."""

    concurrency: int = 1
    """Requests under way at the same time."""
    rate: float = math.inf
    """Requests a second, at most."""
    retries: int = 2
    """How often a request whose connection failed is sent again."""
    token: str = ""
    """The environment variable that holds the token; by default ``STEELYARD_TOKEN``."""
    header: str = "authorization"
    """The header that carries the token; ``Bearer`` stands before it in ``authorization`` alone."""
    version: str = ""
    """The service's version, as declared."""
    canaries: int = 3
    """Of the first inputs so many are asked again at the end."""


@dataclass(frozen=True)
class Place:
    """Where a service answers, and how it is to be asked."""

    url: str
    """Without options, in its one spelling (`canonical_url`)."""
    options: Options
    own: Mapping[str, str]
    """Options that one kind of service alone knows."""

    @property
    def split(self) -> SplitResult:
        """The parts of the address."""
        return urlsplit(self.url)

    @property
    def written(self) -> str:
        """The address with its options, each spelling of them the same: what a plan names.

        Examples
        --------
        >>> place("http", "http://LOCALHOST:80#rate=2.0&retries=02&concurrency=4", "").written
        'http://localhost/#concurrency=4&rate=2'
        """
        said = {each.name: getattr(self.options, each.name) for each in fields(Options)}
        shared = {name: value for name, value in said.items() if value != getattr(Options(), name)}
        parts = sorted({**shared, **self.own}.items())
        listed = "&".join(f"{name}={quote(_spelled(value), safe='/:@,+')}" for name, value in parts)
        return f"{self.url}#{listed}" if listed else self.url

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.split.scheme}://{self.split.netloc}"

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine.

        Examples
        --------
        >>> [place("http", f"http://{host}/", "").is_here for host in ("localhost", "[::1]", "example.org")]
        [True, True, False]
        """
        host = (self.split.hostname or "").removesuffix(".")
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def place(scheme: str, address: str, example: str, own: Collection[str] = ()) -> Place:
    """Return the place of an address with its options; ``own`` are those that this scheme alone knows.

    Raises
    ------
    ProductError
        Where it is no address of a service, or holds a secret.
    UnknownName
        For an option that there is none of.

    Examples
    --------
    >>> place("http", "http://localhost:8000/ask#rate=2", "http://…").options.rate
    2.0
    """
    url, _, said = address.partition("#")
    remedy = Words(f"Write, for example, {example}", f"例如：{example}")
    try:
        split = urlsplit(url)
        usable = split.scheme in ("http", "https") and 0 < len(split.hostname or "") < 254 and split.port != 0
        usable = usable and split.hostname != "." and bool(canonical_url(url))
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f\x7f]", url):
        shown = clean(address if "@" not in address else "…", 80)
        raise ProductError(
            Words(f"{scheme}: {shown!r} is no address of a service.", f"{scheme}：{shown!r} 不是服务地址。"), remedy
        )
    named = {re.sub(r"[^a-z]", "", part.partition("=")[0].lower()) for part in split.query.split("&")}
    if split.username is not None or split.password is not None or named & SECRETS:
        raise ProductError(
            Words(
                f"the address of {split.hostname} holds a user name, password or token: plans and reports would show "
                "it.",
                f"{split.hostname} 的地址含用户名、密码或令牌：方案和报告会显示它。",
            ),
            Words(
                f"Put the token into the environment variable {TOKEN}, and choose its header with #header=NAME.",
                f"请将令牌放入环境变量 {TOKEN}，并用 #header=名称 选择其请求头。",
            ),
        )
    values = _options(said, own, remedy)
    shared = {name: value for name, value in values.items() if name not in own}
    return Place(
        canonical_url(url),
        Options(**{name: _value(name, value, remedy) for name, value in shared.items()}),
        {name: value for name, value in values.items() if name in own},
    )


def _spelled(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def _options(said: str, own: Collection[str], remedy: Words) -> dict[str, str]:
    known = [each.name for each in fields(Options)] + list(own)
    values: dict[str, str] = {}
    for part in filter(None, said.split("&")):
        name, equals, value = part.partition("=")
        if name not in known:
            raise UnknownName(Words("option of this address", "地址选项"), clean(name, 40), known)
        if not equals or name in values:
            raise not_an_option(part, remedy)
        values[name] = unquote(value)
    return values


def _value(name: str, said: str, remedy: Words) -> Any:
    """Return the value of a shared option."""
    if name in RANGES:
        low, high = RANGES[name]
        if said.isdecimal() and low <= int(said) <= high:
            return int(said)
    elif name == "rate":
        try:
            rate = float(said)
        except ValueError:
            rate = math.nan
        if 0 < rate < math.inf:
            return rate
    elif re.fullmatch(r"[A-Za-z0-9_-]{1,80}" if name in ("token", "header") else r"[^\x00-\x1f]{1,80}", said):
        return said
    raise not_an_option(f"{name}={said}", remedy)


def not_an_option(part: str, remedy: Words) -> ProductError:
    """Return the error for an option's value that it cannot have."""
    shown = clean(part, 80)
    return ProductError(
        Words(f"the option {shown!r} cannot be read.", f"选项 {shown!r} 无法读取。"),
        Words(
            f"{remedy.en}; concurrency, retries and canaries are whole numbers, rate is requests a second, token names "
            "an environment variable.",
            f"{remedy.zh}；concurrency、retries、canaries 为整数，rate 为每秒请求数，token 为环境变量名。",
        ),
    )


def client_library() -> Any:
    """Return the HTTP library.

    Raises
    ------
    ProductError
        Where it is not installed.
    """
    try:
        import httpx
    except ImportError:
        raise ProductError(
            Words("services are asked with httpx, which is not installed.", "访问服务需要 httpx，尚未安装。"),
            Words("Install it: pip install 'steelyard[http]'", "请安装：pip install 'steelyard[http]'"),
        ) from None
    return httpx


def secret(options: Options) -> str | None:
    """Return the token, or None where there is none.

    Raises
    ------
    ProductError
        Where a variable was named that is not set, or holds what no header can.
    """
    name = options.token or TOKEN
    value = os.environ.get(name, "").strip()
    if not value and options.token:
        raise ProductError(
            Words(f"the environment variable {name} is not set.", f"环境变量 {name} 未设置。"),
            Words(f"Set it to the token: export {name}=…", f"请设为令牌：export {name}=…"),
        )
    if re.search(r"[^\x21-\x7e]", value):
        raise ProductError(
            Words(
                f"the environment variable {name} holds what no token can: spaces, line ends, or other than ASCII.",
                f"环境变量 {name} 含令牌不允许的字符：空格、换行或非 ASCII 字符。",
            ),
            Words("Set it to the token alone.", "请只填令牌本身。"),
        )
    return value or None


def clean(text: str, most: int = MOST_DETAIL) -> str:
    """Return text in one line that any file can hold, of at most so many characters."""
    line = " ".join(text.split())
    return (line if len(line) <= most else line[: most - 1] + "…").encode("utf-8", "replace").decode()
