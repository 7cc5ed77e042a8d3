import tomllib
from pathlib import Path

from stepcheck.commands.settings import write_defaults
from stepcheck.settings.loading import describe_settings, load_settings
from stepcheck.settings.schema import Settings


def test_the_printed_defaults_are_a_settings_file(tmp_path: Path):
    lines = [line.removeprefix("# ") if " = " in line else line for line in write_defaults()]
    user_only = {setting.name for setting in describe_settings() if setting.user_only}
    kept: list[str] = []
    section = ""
    for line in lines:
        section = line.strip("\n[]") if line.startswith("\n[") else section
        if f"{section}.{line.partition(' ')[0]}" not in user_only:
            kept.append(line)
    file = tmp_path / "stepcheck.toml"
    file.write_text("\n".join(kept))
    assert tomllib.loads(file.read_text())["server"]["port"] == Settings().server.port
    assert load_settings([], config=file, environment={}, user_file=tmp_path / "none") == Settings()


def test_every_setting_is_printed():
    text = "\n".join(write_defaults())
    for setting in describe_settings():
        assert setting.environment_variable in text
