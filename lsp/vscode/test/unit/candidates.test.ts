import * as assert from "node:assert/strict";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";

import { launchArguments, type LaunchContext, listCandidates } from "../../src/candidates.ts";

const PLAIN: LaunchContext = {
  interpreter: "",
  importStrategy: "fromEnvironment",
  folders: ["/project"],
  environment: {},
  chosenPython: undefined,
  platform: "linux",
};

function programs(change: Partial<LaunchContext>): string[] {
  return listCandidates({ ...PLAIN, ...change }).map(({ program }) => program);
}

test("the workspace's environments come before PATH", () => {
  const found = programs({
    environment: { VIRTUAL_ENV: "/active" },
    chosenPython: "/chosen/bin/python",
    folders: ["/project", "/more"],
  });
  assert.deepEqual(found, [
    "/active/bin/python",
    "/project/.venv/bin/python",
    "/project/venv/bin/python",
    "/more/.venv/bin/python",
    "/more/venv/bin/python",
    "/chosen/bin/python",
    "stepcheck",
    "python3",
    "python",
  ]);
});

test("a Python that the person names is the only one", () => {
  assert.deepEqual(programs({ interpreter: "/named/python", chosenPython: "/chosen" }), [
    "/named/python",
  ]);
});

test("a named Python may be meant from home, from the workspace, or on PATH", () => {
  assert.deepEqual(programs({ interpreter: "~/p/python" }), [path.join(os.homedir(), "p/python")]);
  assert.deepEqual(programs({ interpreter: "${workspaceFolder}/e/python" }), ["/project/e/python"]);
  assert.deepEqual(programs({ interpreter: "./e/python" }), ["/project/e/python"]);
  assert.deepEqual(programs({ interpreter: "python3.12" }), ["python3.12"]);
});

test("a Python named from the workspace stays as it is where there is no workspace", () => {
  const interpreter = "${workspaceFolder}/e/python";
  assert.deepEqual(programs({ interpreter, folders: [] }), [interpreter]);
});

test("fromPath leaves the workspace's environments out", () => {
  const found = programs({ importStrategy: "fromPath", environment: { VIRTUAL_ENV: "/active" } });
  assert.deepEqual(found, ["stepcheck", "python3", "python"]);
});

test("an environment that is met twice is tried once", () => {
  const found = programs({
    environment: { VIRTUAL_ENV: "/project/.venv" },
    chosenPython: "/project/.venv/bin/python",
  });
  assert.equal(found.filter((program) => program === "/project/.venv/bin/python").length, 1);
});

test("a Python runs the module, whatever the working folder holds", () => {
  const source = "PATH";
  const python = { kind: "python", program: "python3", source } as const;
  const command = { kind: "command", program: "stepcheck", source } as const;
  assert.deepEqual(launchArguments(python, "lsp"), ["-P", "-m", "stepcheck", "lsp"]);
  assert.deepEqual(launchArguments(command, "lsp"), ["lsp"]);
});
