"""Which of a person's own models serves, and how one goes back."""

from pathlib import Path

import pytest

from stepcheck.models.own_models import OwnModels


@pytest.fixture
def models(tmp_path: Path) -> OwnModels:
    return OwnModels(tmp_path / "models")


def make(models: OwnModels) -> Path:
    folder = models.new_folder()
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    models.switch_to(folder, "bundled")
    return folder


def test_without_a_model_the_base_serves_and_nothing_can_be_undone(models: OwnModels):
    assert models.serving("bundled") is None
    with pytest.raises(LookupError):
        models.undo("bundled")


def test_undo_goes_back_one_model_after_the_other(models: OwnModels):
    first, second = make(models), make(models)
    assert models.serving("bundled") == second
    assert models.undo("bundled") == first
    assert models.serving("bundled") == first
    assert models.undo("bundled") is None
    assert not second.exists()


def test_a_model_serves_in_place_of_its_own_base_only(models: OwnModels):
    make(models)
    assert models.serving("another") is None


def test_old_models_are_removed(models: OwnModels):
    made = [make(models) for _ in range(5)]
    assert [path.exists() for path in made] == [False, False, True, True, True]
    assert models.serving("bundled") == made[-1]


def test_a_model_that_was_deleted_or_a_damaged_list_serves_nothing(models: OwnModels):
    first, second = make(models), make(models)
    (second / "config.json").unlink()
    assert models.serving("bundled") == first
    (models.folder / "serving.json").write_text("{")
    assert models.serving("bundled") is None


def test_forgetting_leaves_no_model(models: OwnModels):
    make(models)
    models.forget()
    assert not models.folder.exists()
