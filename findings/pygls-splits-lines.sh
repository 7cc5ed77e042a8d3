#!/usr/bin/env bash
# pygls 2.1.1 ends lines where the Language Server Protocol does not, and applies changes elsewhere.
#
# Versions   pygls 2.1.1 (the newest on PyPI in November 2026) with lsprotocol 2025.0.0.
# Input      Documents of two lines with a form feed, U+0085 or U+2028 in the first one, and a valid
#            incremental change that inserts `x` at the beginning of the second line.
# Seen       The `x` is inserted into the first line, behind the character, for pygls counts one line
#            more than there is. It splits text as `str.splitlines` does.
# Expected   The `x` stands where the second line begins. A line ends at LF, CR LF or CR and nowhere
#            else (LSP 3.17, Text Documents).
# Matters    The server's text is no longer the one in the editor, until the file is opened anew.
#            Form feeds are usual between the parts of older Python files.
# Here       lsp/language_server.py asks for whole texts instead of changes, and
#            lsp/protocol/positions.py counts the lines.
#
# Exit status: 0 if seen, 1 if the behaviour is another. PYTHON names the Python to use.
set -euo pipefail

PYTHON=${PYTHON:-$(command -v python3.11 || command -v python3)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  pygls==2.1.1 lsprotocol==2025.0.0 cattrs==26.2.1 attrs==26.1.0 typing_extensions==4.16.0

"$folder/venv/bin/python" -I - <<'PYTHON_END'
import sys
from importlib.metadata import version

from lsprotocol import types
from pygls.workspace import TextDocument

CHARACTERS = {"form feed": "\x0c", "U+0085": "\x85", "U+2028": "\u2028", "none of these": "-"}


def changed(character):
    document = TextDocument("file:///finding.txt", f"a{character}b\ncd\n", 1)
    start = types.Position(line=1, character=0)
    document.apply_change(
        types.TextDocumentContentChangePartial(range=types.Range(start, start), text="x")
    )
    return document.source


print(f"Python {sys.version.split()[0]}, pygls {version('pygls')}")
results = {}
for name, character in CHARACTERS.items():
    found, expected = changed(character), f"a{character}b\nxcd\n"
    results[name] = found == expected
    verdict = "as expected" if found == expected else f"expected {expected!r}"
    print(f"{name}: {found!r}, {verdict}")
if results.pop("none of these") and not any(results.values()):
    print("SEEN: a change is applied to another line than the client meant.")
    sys.exit(0)
print("CHANGED: the behaviour is not the one described in this script.")
sys.exit(1)
PYTHON_END
