"""How the language server behaves: `python bench/editor.py [--edits N] [--lean/--no-lean]`.

A real client speaks to a real `stepcheck lsp` over stdio. It measures how long typing waits (a
change and the answer to a request sent right behind it, which is an upper bound of handling the
change), hovers, asked for the first time and again, and what a long session does to memory.
With --compare CHECKOUT, it measures first hovers in a Python file, beside another build.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.side_by_side import compare
from stepcheck.client.local_server import run_local_server

console = Console()

FUNCTION = '''
def twice_{0}(x):
    """
    >>> twice_{0}(3)
    6
    """
    return x {1} 2
'''
THEOREM = "theorem t{0} (a b : Nat) (h : a = b) : a + {0} = b + {0} := by\n  sorry\n\n"
WARM_UP = 200
"""Edits before memory is looked at for the first time: caches fill, modules are imported."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    median: float
    p95: float
    samples: int


@dataclass
class Report:
    """What was measured; memory in bytes, of the language server without its children."""

    typing: dict[str, Latency] = field(default_factory=dict)
    hover: dict[str, Latency] = field(default_factory=dict)
    soak_edits: int = 0
    memory_before: int = 0
    memory_after: int = 0
    growth: float = 0.0


class Editor:
    """A client with documents, connected to a server of its own."""

    def __init__(self) -> None:
        self.client = LanguageClient("bench", "1")
        self.versions: dict[str, int] = {}
        for method in (
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS,
            types.WINDOW_SHOW_MESSAGE,
            types.WORKSPACE_CODE_LENS_REFRESH,
            types.CLIENT_REGISTER_CAPABILITY,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE,
        ):
            self.client.feature(method)(lambda _params: None)

    async def start(self, folder: Path, options: dict[str, Any]) -> psutil.Process:
        """Start the server in a folder."""
        await self.client.start_io(sys.executable, "-m", "stepcheck", "lsp")
        text_document = types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown])
        )
        workspace = types.WorkspaceClientCapabilities(
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True)
        )
        await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(workspace, text_document),
                initialization_options=options,
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            )
        )
        self.client.initialized(types.InitializedParams())
        return psutil.Process(self.client._server.pid)

    async def stop(self) -> None:
        """Say goodbye."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def open(self, file: Path, language: str) -> str:
        """Open a file."""
        uri, text = file.as_uri(), file.read_text()
        self.versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )
        return uri

    def change(self, uri: str, text: str) -> None:
        """Type."""
        self.versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, uri: str) -> None:
        """Save."""
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    async def hover(self, uri: str, line: int, character: int = 4) -> str:
        """Hover until the answer is there."""
        params = types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        while True:
            hover = await self.client.text_document_hover_async(params)
            text = hover.contents.value if hover else ""
            if "Ask again in a moment" not in text:
                return text

    async def ping(self) -> None:
        """Ask something that costs nothing."""
        await self.hover("file:///nowhere", 0)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return milliseconds."""
    start = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - start)


def latency(milliseconds: Sequence[float]) -> Latency:
    """Sum up."""
    ordered = sorted(milliseconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return Latency(round(statistics.median(ordered), 2), round(p95, 2), len(ordered))


def python_text(functions: int, operator: str = "*", changed: int = 0) -> str:
    """Return a file of so many functions, of which the first are not as the others."""
    return "".join(
        FUNCTION.format(number, operator if number < changed else "*")
        for number in range(functions)
    )


async def measure_typing(editor: Editor, uri: str, texts: Sequence[str]) -> Latency:
    """Type these texts one after the other, a request behind each."""

    async def type_and_ask(text: str) -> None:
        editor.change(uri, text)
        await editor.ping()

    return latency([await timed(lambda text=text: type_and_ask(text)) for text in texts])  # type: ignore[misc]


async def measure_hovers(editor: Editor, uri: str, lines: Sequence[int]) -> dict[str, Latency]:
    """Hover over each line, then over each again."""
    first = [await timed(lambda line=line: editor.hover(uri, line)) for line in lines]  # type: ignore[misc]
    again = [await timed(lambda line=line: editor.hover(uri, line)) for line in lines]  # type: ignore[misc]
    return {"first": latency(first), "again": latency(again)}


async def soak(editor: Editor, uri: str, edits: int) -> None:
    """Type, hover, save, close and open, as a long session does."""
    for number in range(edits):
        text = python_text(20, "+" if number % 2 else "-", 1) + f"# {number}\n" * (number % 7)
        editor.change(uri, text)
        if number % 10 == 0:
            await editor.hover(uri, 6)
            await editor.client.text_document_code_lens_async(
                types.CodeLensParams(types.TextDocumentIdentifier(uri))
            )
        if number % 25 == 0:
            editor.save(uri)
        await editor.ping()


HOVERS, ROUNDS = 15, 2


async def measure_first_hovers() -> dict[str, float]:
    """Hover over an edited function of a Python file, after another edit each time."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        python = commit_file(folder)
        editor = Editor()
        process = await editor.start(folder, {"editor": {"judge": "save"}})
        stack.push_async_callback(editor.stop)
        uri = editor.open(python, "python")
        found = []
        for number in range(HOVERS):
            editor.change(uri, python_text(20, "+", 1) + f"# {number}\n")
            found.append(await timed(lambda: editor.hover(uri, 6)))
        children = process.children(recursive=True)
        used = sum(sum(each.cpu_times()[:4]) for each in children)
        memory = sum(each.memory_info().rss for each in children)
    shown = latency(found[1:])
    return {
        "the first of all, which starts the judge (ms)": found[0],
        "first hover of an edit, p50 (ms)": shown.median,
        "… p95 (ms)": shown.p95,
        "processor seconds of the judge": used,
        "memory of the judge, shared pages for each process (MiB)": memory / 2**20,
    }


def commit_file(folder: Path) -> Path:
    """Return a file of 20 functions in a repository, as it was committed."""
    folder.chmod(0o755)  # judged code may run as somebody else
    python = folder / "small.py"
    python.write_text(python_text(20))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.invalid")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "before")):
        subprocess.run([*git, *arguments], cwd=folder, check=True)
    return python


async def measure(edits: int, with_lean: bool) -> Report:
    """Measure everything."""
    report = Report()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        large, lean = folder / "large.py", folder / "Some.lean"
        large.write_text(python_text(1000))
        lean.write_text("".join(THEOREM.format(number) for number in range(12)))
        python = commit_file(folder)
        options: dict[str, Any] = {"editor": {"judge": "save"}}
        if with_lean:
            options["client"] = {"server_url": await stack.enter_async_context(run_local_server())}
        editor = Editor()
        process = await editor.start(folder, options)
        stack.push_async_callback(editor.stop)
        for name, file, count in (("2 KB", python, 300), ("90 KB", large, 100)):
            uri = editor.open(file, "python")
            text = file.read_text()
            texts = [f"{text}# {number}\n" for number in range(count)]
            report.typing[f"Python, {name}"] = await measure_typing(editor, uri, texts)
        uri = editor.open(python, "python")
        first, again = [], []
        for number in range(30):
            editor.change(uri, python_text(20, "+", 1) + f"# {number}\n")
            first.append(await timed(lambda: editor.hover(uri, 6)))
            again.append(await timed(lambda: editor.hover(uri, 6)))
        report.hover |= {"Python, first": latency(first), "Python, again": latency(again)}
        if with_lean:
            uri = editor.open(lean, "lean4")
            await editor.hover(uri, 1)
            lines = [3 * number + 1 for number in range(12)]
            hovers = await measure_hovers(editor, uri, lines)
            report.hover |= {f"Lean, {name}": found for name, found in hovers.items()}
            text = lean.read_text()
            texts = [f"{text}-- {number}\n" for number in range(100)]
            report.typing["Lean, 1 KB"] = await measure_typing(editor, uri, texts)
        uri = editor.open(python, "python")
        await soak(editor, uri, WARM_UP)
        report.memory_before = process.memory_info().rss
        await soak(editor, uri, edits)
        report.memory_after = process.memory_info().rss
        report.soak_edits = edits
        report.growth = report.memory_after / report.memory_before - 1
    return report


def print_report(report: Report) -> None:
    """Print the tables."""
    table = Table("milliseconds", "p50", "p95", "n", title="Editor", title_justify="left")
    for name, found in report.typing.items():
        table.add_row(
            f"typing: {name}", f"{found.median:.1f}", f"{found.p95:.1f}", str(found.samples)
        )
    for name, found in report.hover.items():
        table.add_row(
            f"hover: {name}", f"{found.median:.1f}", f"{found.p95:.1f}", str(found.samples)
        )
    console.print(table)
    before, after = report.memory_before / 2**20, report.memory_after / 2**20
    console.print(
        f"{report.soak_edits} edits: {before:.1f} MiB before, {after:.1f} MiB after "
        f"({report.growth:+.1%})"
    )


def main(
    edits: Annotated[int, typer.Option(help="Edits of the long session.")] = 1000,
    lean: Annotated[
        bool, typer.Option(help="Measure Lean as well; needs the embedded Lean.")
    ] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
    checkout: Annotated[
        Path | None, typer.Option("--compare", help="Another build, for first hovers.")
    ] = None,
    figures: Annotated[bool, typer.Option(help="First hovers only, as JSON.")] = False,
) -> None:
    """Measure the language server."""
    if checkout is not None:
        compare(checkout, "editor", ["--figures"], ROUNDS)
        return
    if figures:
        print(json.dumps(asyncio.run(measure_first_hovers())))
        return
    report = asyncio.run(measure(edits, lean))
    print_report(report)
    if json_file is not None:
        json_file.write_text(json.dumps(asdict(report), indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
