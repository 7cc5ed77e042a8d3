"""The tables of a database, read off the SQL of code."""

import pytest

from stepcheck.server.judge.evidence.planning.sql_tables import find_tables


@pytest.mark.parametrize(
    ("code", "tables"),
    [
        ("q = 'SELECT name, age FROM users WHERE city = ?'", {"users": ("name", "age", "city")}),
        ("q = 'select count(*), max(score) from games'", {"games": ("score",)}),
        ("q = 'SELECT * FROM log ORDER BY at DESC'", {"log": ("at",)}),
        ("q = 'SELECT * FROM log'", {"log": ("id", "name", "value")}),
        ("q = 'UPDATE stock SET amount = ? WHERE sku = ?'", {"stock": ("amount", "sku")}),
        ("q = 'INSERT INTO t (a, b) VALUES (?, ?)'", {"t": ("a", "b")}),
        (
            "q = 'SELECT p.name, SUM(o.n) FROM products p JOIN orders AS o ON o.pid = p.id'",
            {"products": ("name", "id"), "orders": ("n", "pid")},
        ),
        ("q = 'CREATE TABLE t (a TEXT)'\nr = 'SELECT a FROM t'", {}),
        ("def f(table='dogs'):\n    return f'SELECT age FROM {table}'", {"dogs": ("age",)}),
        ("def f(table):\n    return 'SELECT age FROM ' + table", {"items": ("age",)}),
        ("def f(c, q):\n    c.execute(q)", {"items": ("id", "name", "value")}),
        ("print('from here on')", {}),
        ("not python(", {}),
    ],
)
def test_tables_have_the_columns_that_the_statements_name(code, tables):
    assert find_tables([code]).columns == tables


def test_the_task_names_a_table_and_columns_that_the_code_does_not():
    text = "The table named 'cats' has the columns name (TEXT) and weight (REAL)."
    code = "def f(c, table):\n    return c.execute(f'SELECT * FROM {table}').fetchall()"

    found = find_tables([code, text])

    assert found.columns == {"cats": ("name", "weight")}
    assert found.named_by == {"table": "cats"}
