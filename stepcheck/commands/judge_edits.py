"""`stepcheck judge` for the edits of a git working tree, function by function."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape

from stepcheck.commands.judge_display import show_function, show_summary
from stepcheck.commands.source_files import language_of
from stepcheck.exit_codes import ExitCode
from stepcheck.sarif import JudgedFile, to_sarif
from stepcheck.server.api.judge_conversion import to_edited_function
from stepcheck.server.api.judge_schemas import EditedFunction
from stepcheck.server.judge.edits import EditQuestion, JudgedFunction, judge_functions
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.project import Project
from stepcheck.working_tree import EditedFile, GitError, SkippedFile, WorkingTree

_SUFFIXES = frozenset({".py"})
"""Of the files that a person did not name, those that are judged."""


class FileRecord(BaseModel):
    """A line of `--json`: what is said of a file."""

    path: str
    functions: list[EditedFunction]
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class EditOptions:
    """What the edits are compared with and judged by."""

    against: str = "HEAD"
    staged: bool = False
    intent: str = ""
    tests: str = ""
    strict: bool = False


def judge_edits(
    paths: Sequence[Path], judge: Judge, options: EditOptions, *, as_json: bool, sarif: Path | None
) -> ExitCode:
    """Judge what changed below `paths`, show it as it comes, and return the exit status."""
    judged: list[JudgedFile] = []
    output = Console(quiet=as_json, highlight=False)
    try:
        tree = WorkingTree.at(_folder_of(paths))
        with Console(stderr=True).status("looking for changes …") as status:
            for edit in tree.find_edits(paths, _SUFFIXES, options.against, staged=options.staged):
                status.update(f"judging {escape(str(_shown(edit.path)))} …")
                file = _judge_file(edit, tree.root, judge, options, output)
                judged.append(file)
                if as_json:
                    typer.echo(_to_record(file).model_dump_json())
    except GitError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    functions = [function for file in judged for function in file.functions]
    skipped = [file for file in judged if file.skipped]
    show_summary(functions, len(skipped), output)
    if sarif is not None:
        try:
            sarif.write_text(json.dumps(to_sarif(judged), indent=2), encoding="utf-8")
        except OSError as error:
            typer.echo(f"stepcheck: cannot write {sarif}: {error.strerror}", err=True)
            return ExitCode.USAGE
    return _status(functions, undecided=bool(skipped), strict=options.strict)


def _judge_file(
    edit: EditedFile | SkippedFile, root: Path, judge: Judge, options: EditOptions, output: Console
) -> JudgedFile:
    path, shown = edit.path.relative_to(root), _shown(edit.path)
    output.print(str(shown), style="bold", markup=False)
    if isinstance(edit, SkippedFile):
        output.print(f"  skipped: it {edit.reason}", markup=False)
        return JudgedFile(path, skipped=edit.reason)
    question = EditQuestion(
        after=edit.after,
        before=edit.before,
        language=language_of(edit.path),
        intent=options.intent,
        tests=options.tests,
        project=Project(root),
        path=path,
    )
    functions = []
    for function in judge_functions(judge, question):
        functions.append(function)
        show_function(shown, function, output)
    return JudgedFile(path, tuple(functions))


def _status(functions: Sequence[JudgedFunction], *, undecided: bool, strict: bool) -> ExitCode:
    verdicts = {function.judgement.verdict for function in functions}
    if Verdict.INCORRECT in verdicts:
        return ExitCode.NEGATIVE
    if strict and (undecided or Verdict.UNKNOWN in verdicts):
        return ExitCode.UNDECIDED
    return ExitCode.OK


def _folder_of(paths: Sequence[Path]) -> Path:
    """Return the folder by which the working tree is found."""
    if not paths:
        return Path.cwd()
    first = paths[0].absolute()
    return first if first.is_dir() else first.parent


def _shown(path: Path) -> Path:
    """Return the path as a person in the working directory would name it."""
    folder = Path.cwd().resolve()
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _to_record(file: JudgedFile) -> FileRecord:
    return FileRecord(
        path=file.path.as_posix(),
        functions=[to_edited_function(function) for function in file.functions],
        skipped=file.skipped,
    )
