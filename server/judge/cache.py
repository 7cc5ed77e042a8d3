"""Judgements kept on disk, by a digest of all that they depend on."""

import dataclasses
import hashlib
import json
import logging
import shutil
import sqlite3
import threading
from pathlib import Path

import diskcache
from pydantic import TypeAdapter

from stepcheck.server.judge.verdict import FaultKind, Judgement

logger = logging.getLogger(__name__)

_WAIT_SECONDS = 1.0
_FAILURES = (OSError, sqlite3.Error, diskcache.Timeout, ValueError)
_ADAPTER = TypeAdapter(Judgement)
_TRANSIENT_FAULTS = frozenset({FaultKind.TIMEOUT, FaultKind.CRASH})
"""Faults that a busy machine may be to blame for."""


def make_key(*parts: object) -> str:
    """Return a digest of values and data classes: the same for the same, in any process."""
    text = json.dumps(parts, sort_keys=True, default=_to_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _to_plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Not `asdict`: that would copy what is only read.
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return [type(value).__qualname__, fields]
    return str(value)


def is_reproducible(judgement: Judgement) -> bool:
    """Whether it would come out the same again: no time was up, and nothing failed to run."""
    return not any(evidence.unfinished for evidence in judgement.evidence) and not any(
        fault.kind in _TRANSIENT_FAULTS for fault in judgement.faults
    )


class JudgementCache:
    """Judgements in a folder, for many threads and processes, the oldest dropped beyond a size.

    A folder that is damaged is made anew; what cannot be read or written is as if there were none.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._opening = threading.Lock()
        self._opened: diskcache.Cache | None = None
        self._broken = False

    def find(self, key: str) -> Judgement | None:
        """Return the judgement kept under the key, if there is one and it can be read."""
        cache = self._open()
        if cache is None:
            return None
        try:
            kept = cache.get(key)
            return None if kept is None else _ADAPTER.validate_json(kept)
        except _FAILURES as error:
            self._handle_failure(error)
            return None

    def keep(self, key: str, judgement: Judgement) -> None:
        """Keep a judgement if it is reproducible."""
        cache = self._open() if is_reproducible(judgement) else None
        if cache is None:
            return
        try:
            cache.set(key, _ADAPTER.dump_json(judgement))
        except _FAILURES as error:
            self._handle_failure(error)

    def clear(self) -> int:
        """Forget every judgement and return how many there were; raises `OSError`."""
        cache = self._open()
        if cache is not None:
            try:
                return int(cache.clear())
            except (sqlite3.Error, diskcache.Timeout) as error:
                self._handle_failure(error)
        if self._folder.exists():
            shutil.rmtree(self._folder)
        return 0

    def close(self) -> None:
        """Close the files; the next use opens them again."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _open(self) -> diskcache.Cache | None:
        with self._opening:
            if self._opened is None and not self._broken:
                try:
                    self._opened = self._open_folder()
                except _FAILURES as error:
                    self._recover(error)
            return self._opened

    def _open_folder(self) -> diskcache.Cache:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return diskcache.Cache(
            str(self._folder),
            timeout=_WAIT_SECONDS,
            size_limit=self._max_bytes,
            eviction_policy="least-recently-stored",
        )

    def _handle_failure(self, error: Exception) -> None:
        """Go on without a cache that fails, unless it was only busy, or one entry unreadable."""
        if isinstance(error, diskcache.Timeout | ValueError):
            return
        self.close()
        with self._opening:
            self._recover(error)

    def _recover(self, error: Exception) -> None:
        """Remove a damaged cache, so that the next use makes another; else do without."""
        logger.warning("The cache of judgements in %s fails: %s", self._folder, error)
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if damaged:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._broken = not damaged or self._folder.exists()
