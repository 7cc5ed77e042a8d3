import * as assert from "node:assert/strict";
import { test } from "node:test";

import { explicitSettings, serverSettingNames } from "../../src/settings.ts";

test("the server's settings are those with a section", () => {
  const declared = ["stepcheck.interpreter", "stepcheck.trace.server", "stepcheck.lean.toolchain"];
  assert.deepEqual(serverSettingNames(declared), ["lean.toolchain"]);
});

test("only what the person has set is sent, the nearest place first", () => {
  const inspected = {
    "lean.workers": { defaultValue: 1, globalValue: undefined },
    "lean.heartbeats": { defaultValue: 200_000, globalValue: 1, workspaceValue: 2 },
    "suggestion.n": { globalValue: 3, workspaceValue: 4, workspaceFolderValue: 5 },
    "judge.allow_unsandboxed": { globalValue: false },
    "client.token": { globalValue: null },
  };
  const settings = explicitSettings(
    Object.keys(inspected),
    (name) => inspected[name as keyof typeof inspected],
  );
  assert.deepEqual(settings, {
    lean: { heartbeats: 2 },
    suggestion: { n: 5 },
    judge: { allow_unsandboxed: false },
  });
});

test("a setting that VS Code does not know is left out", () => {
  assert.deepEqual(explicitSettings(["lean.workers"], () => undefined), {});
});
