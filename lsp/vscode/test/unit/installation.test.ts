import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import type { RejectedCandidate, RejectionReason } from "../../src/discovery.ts";
import { installCommand } from "../../src/installation.ts";

function rejection(program: string, reason: RejectionReason): RejectedCandidate {
  return { candidate: { kind: "python", program, source: "test" }, reason, detail: "" };
}

test("it goes into the first Python that could hold it", () => {
  const rejected = [
    rejection("/old/python", "too old"),
    rejection("/venv/bin/python", "without stepcheck"),
    rejection("python3", "without stepcheck"),
  ];
  const command = installCommand(rejected, "/e/stepcheck.whl", "linux");
  assert.equal(command, "/venv/bin/python -m pip install /e/stepcheck.whl");
});

test("without any Python it names the usual one", () => {
  assert.match(installCommand([], "/e/s.whl", "linux"), /^python3 -m pip/);
  assert.match(installCommand([], "C:\\e\\s.whl", "win32"), /^python -m pip/);
});

test("a shell reads strange paths as they are", () => {
  const wheel = "/my $HOME/it's `here`.whl";
  const command = installCommand([rejection("/bin/echo", "without stepcheck")], wheel, "linux");
  const said = execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" });
  assert.equal(said.trim(), `-m pip install ${wheel}`);
});

test("PowerShell gets a call of a quoted program", () => {
  const command = installCommand(
    [rejection("C:\\My Pythons\\python.exe", "without stepcheck")],
    "C:\\e\\s.whl",
    "win32",
  );
  assert.equal(command, "& 'C:\\My Pythons\\python.exe' -m pip install C:\\e\\s.whl");
});
