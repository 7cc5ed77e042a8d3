/** The Lean flow: hover, see checked suggestions, choose one; have a proof searched. */

import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

import { freePort } from "./codeServer.ts";
import { EDITOR_SECONDS, READY, TEXT_AREA } from "./editor.ts";
import { withSession } from "./session.ts";
import { until } from "./polling.ts";

/** The embedded Lean starts and reads the file, and the model server loads its model. */
const FIRST_SECONDS = 240;
const FILE = "Rotate.lean";
const TEXT = `theorem add_rotate (a b c : Nat) : a + b + c = c + a + b := by
  sorry

theorem and_swap (p q : Prop) (h : p ∧ q) : q ∧ p := by
  sorry
`;

test("a checked step is chosen in a Lean file, a proof is found, and Lean accepts the file", async () => {
  const settings = {
    "stepcheck.client.server_url": `http://127.0.0.1:${await freePort()}`,
    "stepcheck.lean.toolchain": "embedded",
    "stepcheck.lean.milliseconds_per_candidate": 20_000,
  };
  const fill = (workspace: string): void =>
    fs.writeFileSync(path.join(workspace, FILE), TEXT);

  await withSession("lean", settings, fill, async ({ editor, workspace, environment }) => {
    await editor.openFile(FILE);
    await editor.waitForStatus("warning stepcheck: no model server", FIRST_SECONDS);
    await editor.extensionItem().click();
    await editor.choose("Start the model server");
    await editor.waitForStatus(READY, FIRST_SECONDS);

    await editor.goTo(2, 4);
    const hover = await editor.hoverAtCaret(/✓ proved/, FIRST_SECONDS);
    assert.match((await hover.textContent()) ?? "", /score/);
    await editor.saveScreenshot("lean-hover");
    await editor.saveScreenshot("vscode-lean", TEXT_AREA);

    const action = await editor.codeActionAtCaret(/✓ proved/, FIRST_SECONDS);
    await editor.saveScreenshot("lean-code-actions");
    const title = (await action.textContent()) ?? "";
    const step = title.replace(/^.*✓ proved: /, "").trim();
    await action.click();
    await until("the step in the buffer", EDITOR_SECONDS, async () =>
      (await editor.shownText()).includes(`  ${step}`),
    );

    await editor.goTo(5, 4);
    await editor.runCommand("stepcheck: Search a Proof Here");
    await until("the proof in the buffer", FIRST_SECONDS, async () =>
      !(await editor.shownText()).includes("sorry"),
    );
    await editor.press("Control+S");
    const file = path.join(workspace, FILE);
    await until("the saved file", EDITOR_SECONDS, async () => {
      const saved = fs.readFileSync(file, "utf8");
      return saved.includes(step) && !saved.includes("sorry");
    });
    await editor.saveScreenshot("lean-inserted");

    const lean = ["-m", "stepcheck", "lean", "run", file];
    const env = { ...process.env, STEPCHECK_CACHE: environment.cache };
    const verdict = execFileSync(environment.python, lean, { encoding: "utf8", env });
    assert.doesNotMatch(verdict, /sorry|error/);
  });
});
