"""Code judged where it belongs: a real project, its modules, packages and interpreter."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.interpreters import find_interpreter
from stepcheck.server.sandbox.project import Project, ProjectError, find_secrets
from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


@pytest.fixture
def project(tmp_path):
    """A package in a `src` folder, with a helper of its own."""
    for name, text in {
        "src/shop/__init__.py": "from shop.prices import total\n",
        "src/shop/rates.py": "VAT = 20\n",
        "src/shop/prices.py": "def total(net): return net\n",
        "data/rates.txt": "7",
        ".env": "TOKEN=hunter2",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # As root the sandbox is somebody else.
    tmp_path.chmod(0o755)
    return Project(tmp_path)


def value_of(project, path, source, call):
    sandbox = replace(Sandbox(), place=project.place(path, source))
    [result] = sandbox.examine(source, ["f"], [Check(call, any_value=True)]).results
    assert result.status is Status.PASSED, result
    return result.value


@isolated
def test_the_text_stands_in_for_the_file_with_all_that_a_module_has(project):
    source = (
        "from . import rates\n"
        "from shop.rates import VAT\n"
        "import shop.prices\n"
        "def total(net): return net * (100 + VAT) // 100\n"
        "def f(): return (__name__, __package__, __file__, shop.prices.f is f, total(100),\n"
        "                 rates.VAT, open('data/rates.txt').read())\n"
    )
    path = project.root / "src" / "shop" / "prices.py"

    value = value_of(project, path, source, "f()")

    assert value == repr(("shop.prices", "shop", str(path), True, 120, 20, "7"))


@isolated
def test_a_package_and_a_package_without_init_and_a_script_are_found(project):
    init = project.root / "src" / "shop" / "__init__.py"
    assert value_of(project, init, "from .rates import VAT\ndef f(): return VAT", "f()") == "20"
    bare = project.root / "tools" / "bare" / "one.py"
    bare.parent.mkdir(parents=True)
    bare.with_name("two.py").write_text("N = 2\n")
    name = "def f(): return __name__, N"
    assert value_of(project, bare, f"from .two import N\n{name}", "f()") == "('tools.bare.one', 2)"
    assert value_of(project, bare, f"from two import N\n{name}", "f()") == "('one', 2)"
    assert value_of(project, None, "import shop.rates as r\ndef f(): return r.VAT", "f()") == "20"


@isolated
def test_the_judge_judges_code_that_imports_its_project(project):
    asked = Question(
        code="from shop.rates import VAT\ndef total(net): return net * (100 + VAT) // 100\n",
        intent="total(100) => 120",
        path=project.root / "src" / "shop" / "prices.py",
    )
    judge = Judge(Sandbox())

    assert judge.judge(asked).verdict is Verdict.UNKNOWN
    assert judge.judge(replace(asked, project=project)).verdict is Verdict.CORRECT
    wrong = replace(asked, project=project, code=asked.code.replace("100 +", "101 +"))
    assert judge.judge(wrong).verdict is Verdict.INCORRECT


@isolated
def test_what_fails_outside_the_code_when_it_is_loaded_says_nothing_about_it(project):
    (project.root / "src" / "shop" / "rates.py").write_text("raise OSError('no network')\n")
    asked = Question(
        code="from shop.rates import VAT\ndef total(net): return net + VAT\n",
        intent="total(100) => 120",
        project=project,
        path=project.root / "src" / "shop" / "prices.py",
    )

    judgement = Judge(Sandbox()).judge(asked)

    assert judgement.verdict is Verdict.UNKNOWN
    assert any("no network" in note for part in judgement.evidence for note in part.notes)


@isolated
def test_secrets_history_and_what_lies_outside_are_out_of_sight(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("hunter2")
    root = project.root
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("token = hunter2")
    (root / "config").mkdir()
    (root / "config" / "server.pem").write_text("hunter2")
    (root / "settings").write_text("hunter2")
    (root / "linked.env").symlink_to(root / "settings")
    (root / "escape").symlink_to(outside.parent)
    source = (
        "import os\n"
        "def f(outside):\n"
        "    found = []\n"
        "    for folder, _, files in os.walk('.', followlinks=True):\n"
        "        for name in files:\n"
        "            path = os.path.join(folder, name)\n"
        "            if os.path.exists(path) and 'hunter2' in open(path).read():\n"
        "                found.append(name)\n"
        "    return found, os.listdir('.git'), open('.env').read(), os.path.exists(outside)\n"
    )

    value = value_of(project, None, source, f"f({str(outside)!r})")

    assert value == "([], [], '', False)"


@isolated
def test_nothing_of_the_project_can_be_changed(project):
    source = (
        "import os, shutil\n"
        "def f(root):\n"
        "    shutil.rmtree(root, ignore_errors=True)\n"
        "    try: open(root + '/new', 'w')\n"
        "    except OSError: return 'denied'\n"
    )
    for path in project.root.rglob("*"):
        path.chmod(0o777)
    before = sorted(project.root.rglob("*"))

    assert value_of(project, None, source, f"f({str(project.root)!r})") == "'denied'"
    assert sorted(project.root.rglob("*")) == before


def test_a_file_outside_the_project_is_refused(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.py"
    outside.write_text("")
    (project.root / "link.py").symlink_to(outside)

    for path in (outside, Path("link.py"), Path("../x.py"), project.root):
        with pytest.raises(ProjectError, match="does not lie in"):
            project.place(path)
    for root in (Path("/"), Path.home(), project.root / "nothing"):
        with pytest.raises(ProjectError, match=r"is no (project|folder)"):
            Project(root).place()


def test_examples_of_secrets_and_packages_are_no_secrets(project):
    root = project.root
    for name in (
        ".env.example",
        "secrets.py",
        "environment.py",
        ".venv/lib/.env",
        ".venv/pyvenv.cfg",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")

    assert find_secrets(root) == [root / ".env"]


def test_the_interpreter_is_the_projects_own_or_the_active_one_or_ours(project, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert find_interpreter(project.root) == Path(sys.executable)
    for name in ("active", "venv", ".venv"):
        python = project.root / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        if name == "active":
            monkeypatch.setenv("VIRTUAL_ENV", str(project.root / name))
        assert find_interpreter(project.root) == python


def other_interpreters():
    """Interpreters of other versions on this machine, if any."""
    here = Path(sys.base_prefix).parent
    return sorted(
        path
        for version in ("3.9", "3.10", "3.12", "3.13", "3.14")
        for path in here.glob(f"{version}*/bin/python{version}")
        if path.is_file()
    )


@isolated
@pytest.mark.parametrize("python", other_interpreters(), ids=lambda path: path.name)
def test_the_projects_interpreter_and_its_packages_are_used(project, python):
    environment = project.root / ".venv"
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    [site] = environment.glob("lib/python3*/site-packages")
    (site / "installed.py").write_text("N = 7\n")
    source = (
        "import installed, sys\n"
        "class C:\n"
        "    def get(self): return installed.N\n"
        "def f(): return sys.version_info[:2], sys.prefix, C().get(), {1: (2.5, b'x')}\n"
    )

    version = tuple(map(int, python.name.removeprefix("python").split(".")))
    value = value_of(project, None, source, "f()")
    assert value == repr((version, str(environment), 7, {1: (2.5, b"x")}))


@isolated
def test_an_interpreter_that_does_not_run_says_nothing_about_the_code(project):
    python = project.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("no program")
    python.chmod(0o755)
    asked = Question(code="def f(): return 1\n", intent="f() => 2", project=project)

    judgement = Judge(Sandbox()).judge(asked)

    assert judgement.verdict is Verdict.UNKNOWN
    assert any("did not start" in note for part in judgement.evidence for note in part.notes)


@isolated
@pytest.mark.skipif(os.getuid() != 0, reason="not root: the sandbox is the user")
def test_a_folder_that_the_sandbox_cannot_read_says_nothing_about_the_code(project):
    project.root.chmod(0o700)
    asked = Question(code="def f(): return 1\n", intent="f() => 2", project=project)

    judgement = Judge(Sandbox()).judge(asked)

    assert judgement.verdict is Verdict.UNKNOWN
    assert any("Permission denied" in note for part in judgement.evidence for note in part.notes)


@isolated
def test_packages_beside_ours_are_seen(project):
    source = "import pytest\ndef f(): return pytest.__name__"
    assert value_of(project, None, source, "f()") == "'pytest'"
