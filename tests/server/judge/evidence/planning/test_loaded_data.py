import pytest

from stepcheck.server.judge.evidence.planning.loaded_data import Shape, find_columns, find_shape

LEAF = Shape()


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("df = pd.read_csv(p)\ndf.groupby('team')['score'].mean()", ["team", "score"]),
        ("df = pd.read_csv(p)\ndf[['a', 'b']]", ["a", "b"]),
        ("for row in csv.DictReader(f):\n    row['x'], row.get('y')", ["x", "y"]),
        ("rows = list(csv.DictReader(f))\n[row['x'] for row in rows[1:]]", ["x"]),
        ("for _, row in pd.read_csv(p).iterrows():\n    row['x']", ["x"]),
        ("names = {}\nnames['x']", []),
        ("(", []),
    ],
)
def test_columns_are_what_is_taken_out_of_a_table_that_is_loaded(code, columns):
    assert sorted(find_columns(code)) == sorted(columns)


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("json.load(f)['size']", Shape({"size": LEAF})),
        ("data = json.load(f)\nfor one in data:\n    one['x']", Shape(items=Shape({"x": LEAF}))),
        (
            "data = json.loads(t)\n[u['name'] for u in data['users']]",
            Shape({"users": Shape(items=Shape({"name": LEAF}))}),
        ),
        ("for k, v in json.load(f).items():\n    pass", Shape(values=LEAF)),
        ("sum(json.load(f)['xs'])", Shape({"xs": Shape(items=LEAF)})),
        ("pd.DataFrame(json.load(f))['x']", Shape(items=Shape({"x": LEAF}))),
        ("open(f).read()", LEAF),
    ],
)
def test_the_shape_of_data_is_what_is_taken_out_of_it(code, shape):
    assert find_shape(code) == shape
