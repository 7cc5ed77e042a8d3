"""What a file holds, described by meaning: data, tables, archives, databases, pictures.

How data is laid out in a file (indentation, the ends of lines, the order of keys) is the writer's
own affair. Nothing is imported that is not in the standard library.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

from stepcheck.server.sandbox.child.library_description import PartDescriber, describe_database

_MAX_BYTES = 100_000
_MAX_MEMBERS = 50
_MAX_DEPTH = 3
_SQLITE = b"SQLite format 3\x00"
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM")
_ARRAY = b"\x93NUMPY"
_PICKLES = (".pkl", ".pickle")
_LOSSY = b"\xff\xd8"
_OF_OFFICE = "[Content_Types].xml"
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_OPAQUE = ["opaque", "file"]


def describe_file(path: str, describer: PartDescriber) -> Any:
    """Return the description of what the file at a path holds."""
    with open(path, "rb") as file:  # noqa: PTH123 - it need not be a Path
        data = file.read(_MAX_BYTES)
    if data.startswith(_SQLITE):
        return _database(path, describer)
    return _content(os.path.basename(path), data, describer, 0)  # noqa: PTH119


def checksum(path: str) -> int:
    """Return a checksum of how a file is written, which differs where only its layout does."""
    import zlib

    with open(path, "rb") as file:  # noqa: PTH123 - it need not be a Path
        return zlib.crc32(file.read(_MAX_BYTES))


def _database(path: str, describer: PartDescriber) -> Any:
    import sqlite3  # Not every interpreter has it.

    connection = sqlite3.connect(path)
    try:
        return describe_database(connection, describer)
    except sqlite3.Error:
        return ["opaque", "database"]
    finally:
        connection.close()


def _content(name: str, data: bytes, describer: PartDescriber, depth: int) -> Any:
    """Return the description of data that has the name of a file."""
    if data.startswith(_PICTURES):
        return _picture(data)
    if data.startswith(b"%PDF"):
        # When it was written, and with what, is part of it.
        return _OPAQUE
    if data.startswith(_PACKED) or data[257:262] == b"ustar":
        return _archive(name, data, describer, depth)
    if data.startswith(_ARRAY) and "numpy" in sys.modules:
        return ["data", describer.describe(sys.modules["numpy"].load(io.BytesIO(data)))]
    if name.endswith(_PICKLES):
        return _pickled(data, describer)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        import hashlib

        return ["digest", hashlib.sha256(data).hexdigest()]
    read = _READERS.get(name.rpartition(".")[2].lower())
    if read is not None:
        try:
            return ["data", describer.describe(read(text))]
        except Exception:
            return describer.describe(text)
    return describer.describe(text)


def _pickled(data: bytes, describer: PartDescriber) -> Any:
    import pickle

    try:
        return ["data", describer.describe(pickle.loads(data))]  # noqa: S301 - it is isolated
    except Exception:
        return _OPAQUE


def _archive(name: str, data: bytes, describer: PartDescriber, depth: int) -> Any:
    if depth == _MAX_DEPTH or len(data) == _MAX_BYTES:
        return _OPAQUE
    try:
        members = _unpack_zip(data) if data.startswith(b"PK") else _unpack_tar(data)
        if members is None:
            inner = _decompress(data)
            return ["packed", _content(name.rpartition(".")[0], inner, describer, depth + 1)]
    except Exception:
        return _OPAQUE
    if any(member == _OF_OFFICE for member, _ in members):
        return _OPAQUE
    return [
        "archive",
        [[member, _content(member, held, describer, depth + 1)] for member, held in members],
    ]


def _unpack_zip(data: bytes) -> list[tuple[str, bytes]]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = [one for one in archive.infolist() if not one.is_dir()][:_MAX_MEMBERS]
        found = []
        for one in files:
            with archive.open(one) as member:
                found.append((one.filename, member.read(_MAX_BYTES)))
    return sorted(found)


def _unpack_tar(data: bytes) -> list[tuple[str, bytes]] | None:
    """Return the members of an archive, None if it is one file that is compressed."""
    import tarfile

    try:
        archive = tarfile.open(fileobj=io.BytesIO(data))  # noqa: SIM115 - it is closed below
    except tarfile.ReadError:
        return None
    with archive:
        found: list[tuple[str, bytes]] = []
        for one in archive:
            member = archive.extractfile(one) if one.isfile() else None
            if member is not None and len(found) < _MAX_MEMBERS:
                found.append((one.name, member.read(_MAX_BYTES)))
    return sorted(found)


def _decompress(data: bytes) -> bytes:
    import bz2
    import gzip
    import lzma

    opened: Any = gzip if data.startswith(b"\x1f\x8b") else bz2 if data.startswith(b"B") else lzma
    with opened.open(io.BytesIO(data)) as file:
        return bytes(file.read(_MAX_BYTES))


def _picture(data: bytes) -> Any:
    """Return the size of a picture and what its points are, where the code itself made them."""
    if "PIL" not in sys.modules or "matplotlib.pyplot" in sys.modules:
        return _OPAQUE
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        size = list(image.size)
        if data.startswith(_LOSSY):
            return ["picture", size, ""]
        import hashlib

        return ["picture", size, hashlib.sha256(image.convert("RGBA").tobytes()).hexdigest()]


def _read_json(text: str) -> Any:
    import json

    return json.loads(text)


def _read_json_lines(text: str) -> Any:
    import json

    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _read_table(delimiter: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        import csv

        return [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
        ]

    return read


def _read_xml(text: str) -> Any:
    from xml.etree import ElementTree

    return ElementTree.canonicalize(text, strip_text=True)


_READERS: dict[str, Callable[[str], Any]] = {
    "json": _read_json,
    "jsonl": _read_json_lines,
    "csv": _read_table(","),
    "tsv": _read_table("\t"),
    "xml": _read_xml,
}
"""What reads the text of a file, by its suffix."""
