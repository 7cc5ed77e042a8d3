"""Downloads from the npm registry as the user has configured it: mirror, proxy, credentials, CAs.

The work is done by the parts of npm itself, in Node.js. npm's own commands show no progress and
cannot resume, hence a script that asks the same HTTP client for the rest of a file.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from stepcheck.lean.embedded.node import node_executable, npm_folder

_CHUNK_BYTES = 1 << 18
_STALL_SECONDS = 60
_PACK_SECONDS = 1800
_END_SECONDS = 10

_DOWNLOAD_SCRIPT = """
const [specification, start, stallSeconds, npmFolder] = process.argv.slice(1);
const fail = (error) => {
  process.stderr.write("\\n" + JSON.stringify({
    code: String(error.code ?? ""), message: String(error.message ?? error),
  }));
  process.exit(1);
};
const stalled = () => fail({ code: "ESTALLED", message: `no answer for ${stallSeconds} s` });
let timer = setTimeout(stalled, stallSeconds * 1000);
const load = require("node:module").createRequire(npmFolder + "/package.json");
(async () => {
  const Config = load("@npmcli/config");
  const { definitions, flatten, nerfDarts, shorthands } = load("@npmcli/config/lib/definitions");
  const fetch = load("npm-registry-fetch");
  const pacote = load("pacote");
  const config = new Config({
    npmPath: npmFolder, definitions, flatten, nerfDarts, shorthands, argv: [], warn: false,
  });
  await config.load();
  const options = { ...config.flat, retry: { retries: 0 } };
  const manifest = await pacote.manifest(specification, options);
  const published = new URL(manifest.dist.tarball);
  const replaced = options.replaceRegistryHost;
  const hosts = { npmjs: "registry.npmjs.org", always: published.host };
  const address = published.host === (hosts[replaced] ?? replaced)
    ? new URL(published.pathname.slice(1) + published.search,
              fetch.pickRegistry(specification, options).replace(/\\/*$/, "/"))
    : published;
  const response = await fetch(address.href, {
    ...options,
    cache: null,
    headers: { "accept-encoding": "identity", ...(+start ? { range: `bytes=${start}-` } : {}) },
  });
  const length = Number(response.headers.get("content-length") ?? 0);
  const first = response.status === 206
    ? Number(/^bytes (\\d+)-/.exec(response.headers.get("content-range"))?.[1] ?? NaN) : 0;
  process.stdout.write(JSON.stringify({ address: address.href, first, length }) + "\\n");
  response.body.on("error", fail);
  response.body.on("data", (chunk) => {
    clearTimeout(timer);
    timer = setTimeout(stalled, stallSeconds * 1000);
    if (!process.stdout.write(chunk)) {
      response.body.pause();
      process.stdout.once("drain", () => response.body.resume());
    }
  });
  response.body.on("end", () => clearTimeout(timer));
})().catch(fail);
"""


class NpmError(Exception):
    """npm could not do what it was asked; `code` is its own, such as ENOTFOUND or E404."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code


class _Header(BaseModel):
    """What the script says before the bytes."""

    address: str
    first: int
    length: int


class _Failure(BaseModel):
    """What the script says when it gives up."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that are arriving.

    `first` is the place of the first byte in the whole file, `size` that of the whole file, 0 if
    the registry does not say.
    """

    address: str
    first: int
    size: int
    chunks: Iterator[bytes]


@contextlib.contextmanager
def open_download(specification: str, start: int) -> Iterator[Download]:
    """Ask for the tarball of a package, without its first `start` bytes if that is possible.

    Raises `NpmError`, also while `chunks` is read.
    """
    process = subprocess.Popen(
        (
            *(str(node_executable()), "--eval", _DOWNLOAD_SCRIPT, "--"),
            *(specification, str(start), str(_STALL_SECONDS), str(npm_folder())),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        cwd=Path.home(),
    )
    try:
        output = _required(process.stdout)
        header = _read_header(process, output)
        size = header.first + header.length if header.length else 0
        yield Download(header.address, header.first, size, _read_chunks(process, output))
    finally:
        process.kill()
        process.communicate()


def pack(specification: str, folder: Path) -> Path:
    """Let `npm pack` download a package into an empty folder. Raises `NpmError`."""
    command = (str(node_executable()), str(npm_folder() / "bin" / "npm-cli.js"), "pack")
    try:
        finished = subprocess.run(
            (*command, specification, "--pack-destination", str(folder)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
            cwd=Path.home(),
            timeout=_PACK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NpmError("ETIMEDOUT", f"npm pack took more than {_PACK_SECONDS} s") from None
    tarballs = list(folder.glob("*.tgz"))
    if finished.returncode != 0 or len(tarballs) != 1:
        raise NpmError("", finished.stderr.strip() or "npm pack made no tarball")
    return tarballs[0]


def _read_header(process: subprocess.Popen[bytes], output: IO[bytes]) -> _Header:
    line = output.readline()
    try:
        return _Header.model_validate_json(line)
    except ValidationError:
        raise _failure(process) from None


def _read_chunks(process: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
    while chunk := output.read(_CHUNK_BYTES):
        yield chunk
    if process.wait(_END_SECONDS) != 0:
        raise _failure(process)


def _failure(process: subprocess.Popen[bytes]) -> NpmError:
    log = _required(process.stderr).read().decode("utf-8", "replace").strip()
    try:
        failure = _Failure.model_validate_json(log.rpartition("\n")[2])
    except ValidationError:
        return NpmError("", log[-2000:] or "Node.js ended without a word")
    return NpmError(failure.code, failure.message)


def _required(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the process was started without this pipe")
    return stream


def _environment() -> dict[str, str]:
    return {**os.environ, "NO_UPDATE_NOTIFIER": "1"}
