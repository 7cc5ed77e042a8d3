"""Who may talk to the server: host and origin checks against web pages, and the bearer token.

A page in the user's browser can send requests to loopback. What stops it here: the Host
allow-list (DNS rebinding), the JSON content type (which forces a preflight that is never
answered), the Origin check, and the absence of any CORS header.
"""

import hmac
import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, request

from stepcheck.server.http.errors import ApiError
from stepcheck.settings.loading import SettingsError
from stepcheck.settings.schema import ServerSettings
from stepcheck.settings.schema import check_token as check_token_text

OPEN_ENDPOINTS = frozenset({"/health"})
"""Answered without a token."""

_HOST_HEADER = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:[0-9]{1,5})?")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def protect(app: Flask, settings: ServerSettings, token: str | None) -> None:
    """Make `app` refuse requests from foreign hosts and origins, and those without the token."""
    hosts = frozenset({*_LOOPBACK_NAMES, *map(str.lower, settings.allowed_hosts)})
    any_address = not is_loopback(settings.host)
    origins = frozenset(map(str.lower, settings.allowed_origins))

    @app.before_request
    def _check() -> None:
        check_host(request.headers.get("Host", ""), hosts, any_address=any_address)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            check_origin(request.headers.get("Origin"), request.headers["Host"], origins)
        if token is not None and request.path not in OPEN_ENDPOINTS:
            check_token(request.headers.get("Authorization", ""), token)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_host(header: str, allowed: Collection[str], *, any_address: bool) -> None:
    """Refuse a Host that is not in `allowed`; a literal address will do if `any_address`.

    A rebinding attack always has a name in this header, so that addresses are harmless.
    """
    host = hostname_of(header)
    if host in allowed or (any_address and _is_address(host)):
        return
    raise ApiError(
        400,
        "host_not_allowed",
        f"This server does not answer to the host {header!r}.",
        "Use its address, or add the name to server.allowed_hosts.",
    )


def check_origin(origin: str | None, host: str, allowed: Collection[str]) -> None:
    """Refuse a request sent by the page of another site."""
    if origin is None or origin.lower() in allowed:
        return
    parts = urlsplit(origin.lower())
    if parts.scheme in ("http", "https") and parts.netloc == host.lower():
        return
    raise ApiError(
        403,
        "origin_not_allowed",
        f"Pages of {origin!r} may not use this server.",
        "Add the origin to server.allowed_origins if they should.",
    )


def check_token(header: str, token: str) -> None:
    """Refuse a request whose Authorization header does not carry `token`."""
    scheme, _, given = header.partition(" ")
    # Compared as bytes: compare_digest refuses text that is not ASCII.
    matches = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    if scheme.lower() == "bearer" and matches:
        return
    raise ApiError(
        401,
        "unauthorized",
        "The bearer token is wrong." if header else "A bearer token is required.",
        "Send the header `Authorization: Bearer TOKEN`; clients of stepcheck read it from "
        "STEPCHECK_CLIENT_TOKEN or client.token.",
    )


def hostname_of(header: str) -> str:
    """Return the name or address in a Host header, without port and brackets, in lower case.

    Empty if the header is not well-formed.
    """
    parts = _HOST_HEADER.fullmatch(header.lower())
    return (parts["address"] or parts["name"].rstrip(".")) if parts else ""


def choose_token(settings: ServerSettings) -> tuple[str | None, bool]:
    """Return the token that requests must carry, if any, and whether it was made just now.

    Beyond loopback there always is one. Raises `SettingsError` for an unusable token file.
    """
    if settings.token_file is not None:
        return read_token_file(settings.token_file), False
    if settings.token is not None:
        return settings.token.get_secret_value(), False
    if is_loopback(settings.host):
        return None, False
    return secrets.token_urlsafe(32), True


def read_token_file(file: Path) -> str:
    """Read a token that nobody but its owner can read. Raises `SettingsError`."""
    try:
        with file.open(encoding="utf-8") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            token = stream.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"server.token_file: cannot read {file}: {error}. "
            f"Make one with: (umask 077; openssl rand -hex 32 > {file})"
        ) from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"server.token_file: {file} can be read by others (mode {stat.S_IMODE(mode):04o}). "
            f"Run: chmod 600 {file}"
        )
    try:
        return check_token_text(token)
    except ValueError as error:
        raise SettingsError(f"server.token_file: the token in {file} {error}.") from error


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
