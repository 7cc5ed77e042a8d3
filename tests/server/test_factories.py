"""Which chat model the settings name."""

import pytest

from stepcheck.models.chat.local import LocalChat
from stepcheck.models.chat.remote import RemoteChat
from stepcheck.models.interface import ModelError
from stepcheck.server.factories import make_chat, voting_settings
from stepcheck.settings.loading import SettingsError, load_settings
from stepcheck.settings.schema import ChatSettings


def test_by_default_there_is_none():
    assert make_chat(ChatSettings()) is None
    assert voting_settings(ChatSettings()).votes == 1


def test_a_remote_one_is_not_asked_before_it_is_needed():
    chat = make_chat(ChatSettings(url="http://127.0.0.1:9/v1", model="m"))
    assert isinstance(chat, RemoteChat)
    assert chat.name == "m"
    assert chat.identity == "m at http://127.0.0.1:9/v1"


def test_a_local_one_is_loaded(make_chat_folder):
    folder, other = (make_chat_folder({"Greet.": each}, context=64, steps=1) for each in "ab")
    chat = make_chat(ChatSettings(path=str(folder), device="cpu"))
    assert isinstance(chat, LocalChat)
    assert chat.name == folder.name
    assert chat.identity != make_chat(ChatSettings(path=str(other), device="cpu")).identity


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"url": "http://127.0.0.1:9/v1"}, "chat.model"),
        ({"url": "http://127.0.0.1:9/v1", "model": "m", "path": "x"}, "exclude"),
        ({"path": "/no/such/folder"}, "no model at"),
    ],
)
def test_what_names_no_model_rightly_says_so(settings, remedy):
    with pytest.raises(ModelError, match=remedy):
        make_chat(ChatSettings(**settings))


def test_the_token_comes_from_the_environment_and_is_not_shown(tmp_path):
    secret = "sk-4711-secret"
    found = load_settings([], environment={"STEPCHECK_CHAT_TOKEN": secret}, folder=tmp_path)
    assert found.chat.token.get_secret_value() == secret
    assert secret not in repr(found)
    with pytest.raises(SettingsError) as caught:
        load_settings([], environment={"STEPCHECK_CHAT_TOKEN": f"{secret} \n"}, folder=tmp_path)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("setting", ["url", "token", "path", "model"])
def test_a_project_may_not_name_one(tmp_path, setting):
    (tmp_path / "stepcheck.toml").write_text(f'[chat]\n{setting} = "http://127.0.0.1:9/v1"\n')
    with pytest.raises(SettingsError, match="may not be set by a project file"):
        load_settings([], environment={}, folder=tmp_path, user_file=tmp_path / "none")
