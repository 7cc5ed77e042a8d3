"""SQLite databases that calls are given: a file, or a connection to one in memory."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from stepcheck.server.judge.evidence.domain.domain import Place
from stepcheck.server.judge.evidence.domain.features import Feature
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.domain.wording import Stated
from stepcheck.server.judge.evidence.planning.made import Made, type_name
from stepcheck.server.judge.evidence.planning.sql_tables import find_tables
from stepcheck.server.judge.evidence.planning.tables import tables

_CONNECTION_NAME = re.compile(r"^(?:conn|connection|db|database|con|db_conn|db_connection)$")
_CURSOR_NAME = re.compile(r"^(?:cur|cursor|db_cursor)$")
_TABLE_NAME = re.compile(r"(?:^|_)table(?:_?name)?$")
_QUERY_NAME = re.compile(r"^(?:sql|query|sql_query|statement|sql_statement)$")
_IMPORT = "import sqlite3 as _sqlite3"


def database_file(path: str, columns: Sequence[str], sources: Sequence[str]) -> Made:
    """Return how to make a database at the path that an expression says: none if the code does.

    The `columns` are those that the task names.
    """
    made = _database(path, columns, sources)
    if not made.strategies:
        return Made(path, ())
    return Made(path, made.strategies, (*made.setup, "_database.close()"), made.places)


def connection_for(
    parameter: Parameter, columns: Sequence[str], sources: Sequence[str]
) -> Made | None:
    """Return how to make the connection, or cursor, that a parameter takes; None if it is none."""
    kind, _ = type_name(parameter.annotation)
    name = re.escape(parameter.name)
    is_cursor = kind == "Cursor" or (kind == "" and _CURSOR_NAME.match(parameter.name) is not None)
    is_connection = kind == "Connection" or (
        kind == "" and _CONNECTION_NAME.match(parameter.name) is not None
    )
    is_used = re.search(rf"\b{name}\.(?:execute|cursor|executemany|commit)\b", sources[0])
    if not (is_cursor or is_connection) or (kind == "" and not is_used):
        return None
    made = _database("':memory:'", columns, sources)
    expression = "_database.cursor()" if is_cursor else "_database"
    return Made(expression, made.strategies, made.setup, made.places)


def table_name_for(
    parameter: Parameter, columns: Sequence[str], sources: Sequence[str]
) -> Made | None:
    """Return the name of a table that a parameter takes; None if the code reads none by it."""
    named = find_tables(sources, columns).named_by.get(parameter.name)
    if named is None or not _TABLE_NAME.search(parameter.name):
        return None
    return Made("{0}", (st.just(named),))


def query_for(parameter: Parameter, columns: Sequence[str], sources: Sequence[str]) -> Made | None:
    """Return the queries that a parameter takes; None if it takes none, or of another database."""
    if not (_QUERY_NAME.match(parameter.name) and re.search(r"sqlite|\.execute\(", sources[0])):
        return None
    found = find_tables(sources, columns).columns
    queries = [
        query
        for table, names in found.items()
        for query in (
            f'SELECT * FROM "{table}"',  # noqa: S608 - for a database made here
            f'SELECT COUNT(*) FROM "{table}"',  # noqa: S608
            f'SELECT "{names[-1]}" FROM "{table}" WHERE "{names[0]}" > 1',  # noqa: S608
        )
    ]
    known = Place((), None, frozenset(Feature))
    return Made("{0}", (st.sampled_from(queries),), places=(known,)) if queries else None


def _database(path: str, columns: Sequence[str], sources: Sequence[str]) -> Made:
    found = find_tables(sources, columns).columns
    lines = [_IMPORT, f"_database = _sqlite3.connect({path})"]
    places = []
    for number, (table, names) in enumerate(found.items()):
        # What has an id twice is no such table: it is not made.
        listed = ", ".join(
            f'"{name}"{" INTEGER PRIMARY KEY" if name.lower() == "id" else ""}' for name in names
        )
        marks = ", ".join("?" * len(names))
        rows = f"list(zip(*{{{number}}}.values()))"
        lines.append(f"_database.execute('CREATE TABLE \"{table}\" ({listed})')")
        insert = f'INSERT INTO "{table}" VALUES ({marks})'  # noqa: S608 - for a database made here
        lines.append(f"_database.executemany({insert!r}, {rows})")
        places.append(Place((), Parameter(f"the table {table}", None, Stated(), frozenset())))
    lines.append("_database.commit()")
    strategies = tuple(tables(names) for names in found.values())
    return Made("_database", strategies, tuple(lines), tuple(places))
