import re

from stepcheck.server.judge.evidence.programs.mutation import mutate
from stepcheck.server.judge.evidence.programs.samples import Sample


def test_numbers_that_are_padded_keep_their_width():
    made = mutate([Sample("05 07 x\n", "")], 20)

    assert len(made) > 5
    assert all(re.fullmatch(r"\d\d \d\d [a-z]\n", one) for one in made)
