"""Results are kept whole, told with their spread, and not mixed with others."""

from pathlib import Path

import pytest

from stepcheck.models.learning.errors import FolderError
from stepcheck.models.learning.evaluation import Ranking
from stepcheck.models.learning.results import Results, Run, read_results, table, write_results


def run(arm: str, seed: int, accuracy: float) -> Run:
    return Run(arm=arm, seed=seed, ranking=Ranking(9, accuracy, -2.0, 0.5))


RESULTS = Results(
    identity="a",
    runs=(
        run("untuned", 0, 0.5),
        run("dpo", 0, 0.75),
        run("untuned", 1, 0.75),
        run("dpo", 1, 0.5),
        Run(arm="dpo", seed=2, stopped="the loss is no number"),
    ),
)


def test_what_was_written_is_read(tmp_path: Path):
    path = tmp_path / "results.json"

    write_results(path, RESULTS)

    assert read_results(path, "a") == RESULTS
    assert read_results(tmp_path / "none.json", "a") == Results(identity="a")


def test_the_table_has_means_spreads_and_differences_to_the_same_seed():
    lines = table(RESULTS)

    assert lines[2].startswith("| untuned | 0.625 ± 0.177 | -2.000 ± 0.000 |")
    assert lines[3].startswith("| dpo (1 of 3 stopped) | 0.625 ± 0.177 |")
    assert lines[4].startswith("| … against untuned | +0.000 ± 0.354 | +0.000 ± 0.000 |")


def test_results_of_another_experiment_are_not_gone_on_with(tmp_path: Path):
    write_results(tmp_path / "results.json", RESULTS)

    with pytest.raises(FolderError, match="other rows, another model"):
        read_results(tmp_path / "results.json", "b")


@pytest.mark.parametrize("text", ["", "{", '{"identity": "a", "runs": [{"arm": 1}]}'])
def test_a_damaged_file_is_told(tmp_path: Path, text: str):
    (tmp_path / "results.json").write_text(text)

    with pytest.raises(FolderError, match="is damaged: remove it"):
        read_results(tmp_path / "results.json", "a")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    with pytest.raises(FolderError, match="cannot write"):
        write_results(tmp_path / "none" / "results.json", RESULTS)
