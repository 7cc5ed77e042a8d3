import * as assert from "node:assert/strict";
import { test } from "node:test";

import { describeStatus, type ModelServerStatus, type ServerState } from "../../src/status.ts";

const READY: ServerState = { kind: "ready", version: "0.1.0", program: "/p/python" };
const UNNEEDED = { kind: "unneeded" } as const;
const SERVING: ModelServerStatus = {
  url: "http://127.0.0.1:8010",
  ready: true,
  models: ["bundled"],
  problem: "",
  remedy: "",
};

test("ready is quiet, and names what runs", () => {
  const { text, tooltip, severity } = describeStatus(READY, { kind: "known", status: SERVING });
  assert.equal(text, "$(check) stepcheck");
  assert.equal(severity, "none");
  assert.deepEqual(tooltip, [
    "stepcheck 0.1.0",
    "run by /p/python",
    "model server at http://127.0.0.1:8010: bundled",
  ]);
});

test("without a model server it says so, with the remedy", () => {
  const status = { ...SERVING, ready: false, problem: "Nothing answers.", remedy: "Start it." };
  const { text, tooltip, severity } = describeStatus(READY, { kind: "known", status });
  assert.match(text, /no model server/);
  assert.equal(severity, "warning");
  assert.deepEqual(tooltip.slice(-2), ["Nothing answers.", "Start it."]);
});

test("Python alone is in no want of a model server", () => {
  assert.equal(describeStatus(READY, UNNEEDED).severity, "none");
});

test("what takes a while turns", () => {
  for (const kind of ["searching", "starting"] as const) {
    assert.match(describeStatus({ kind }, UNNEEDED).text, /loading~spin/);
  }
  assert.match(describeStatus(READY, { kind: "starting" }).text, /loading~spin/);
});

test("a failure tells its reason", () => {
  const reason = "ModuleNotFoundError: No module named 'pygls'";
  const { tooltip, severity } = describeStatus({ kind: "failed", reason }, UNNEEDED);
  assert.deepEqual(tooltip, [reason]);
  assert.equal(severity, "error");
});

test("a missing stepcheck tells where it was looked for", () => {
  const candidate = { kind: "python", program: "python3", source: "PATH" } as const;
  const rejection = { candidate, reason: "without stepcheck", detail: "Python 3.12" } as const;
  const { text, tooltip } = describeStatus({ kind: "missing", rejected: [rejection] }, UNNEEDED);
  assert.match(text, /not installed/);
  assert.equal(tooltip.at(-1), "python3 (PATH): without stepcheck, Python 3.12");
});
