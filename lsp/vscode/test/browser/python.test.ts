/** The Python flow: break a function, save, see the fault, take the fix, and it is judged right. */

import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

import { EDITOR_SECONDS, READY, TEXT_AREA } from "./editor.ts";
import { withSession } from "./session.ts";
import { readTestEnvironment } from "./environment.ts";
import { until } from "./polling.ts";

/** The judge's server starts, and runs the code in its sandbox. */
const JUDGE_SECONDS = 240;
const FILE = "statistics_of.py";
const RIGHT = `def median(values):
    """Return the middle of the values when they are sorted.

    >>> median([3, 1, 2])
    2
    >>> median([4, 1, 3, 2])
    2.5
    """
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
`;
/** What is broken: a line, from 1, its text, and the mistake. */
const BROKEN = { line: 11, right: "% 2 == 1:", wrong: "% 2 == 0:" };

const options = { skip: reasonForNoSandbox() || false };

test("a fault in an edited function is shown, and a verified fix is taken", options, async () => {
  await withSession("python", {}, fillRepository, async ({ editor, workspace }) => {
    const file = path.join(workspace, FILE);

    await editor.openFile(FILE);
    await editor.waitForStatus(READY, JUDGE_SECONDS);
    const text = RIGHT.split("\n")[BROKEN.line - 1] ?? "";
    await editor.goTo(BROKEN.line, text.indexOf(BROKEN.right) + 1);
    await editor.press("Shift+End");
    await editor.page.keyboard.type(BROKEN.wrong);
    await editor.press("Control+S");
    await until("the broken file", EDITOR_SECONDS, async () =>
      fs.readFileSync(file, "utf8").includes(BROKEN.wrong),
    );

    await editor.page.locator(".squiggly-error").first().waitFor({ timeout: JUDGE_SECONDS * 1000 });
    await editor.goTo(1, 6);
    const hover = await editor.hoverAtCaret(/median\(\[3, 1, 2\]\) gives/, JUDGE_SECONDS);
    assert.match((await hover.textContent()) ?? "", /incorrect/);
    await editor.saveScreenshot("python-hover");
    await editor.saveScreenshot("vscode-python", TEXT_AREA);
    await editor.press("Escape");

    const fix = await editor.codeActionAtCaret(/✓/, JUDGE_SECONDS);
    await editor.saveScreenshot("python-code-actions");
    await fix.click();
    await until("the fix in the buffer", EDITOR_SECONDS, async () =>
      !(await editor.shownText()).includes(BROKEN.wrong),
    );
    await editor.press("Control+S");
    await until("the verdict on the fixed function", JUDGE_SECONDS, async () =>
      (await editor.page.locator(".squiggly-error").count()) === 0,
    );
    await editor.saveScreenshot("python-fixed");

    await editor.runCommand("stepcheck: Judge This File");
    const nothing = editor.page.locator(".notification-toast", { hasText: "No function has changed" });
    const correct = editor.page.locator(".codelens-decoration", { hasText: "edit: correct" });
    await nothing.or(correct).first().waitFor({ timeout: JUDGE_SECONDS * 1000 });
    assertRight(file);
    assert.deepEqual(fs.readdirSync(workspace).sort(), [".git", FILE], "nothing is left there");
  });
});

/** Why this machine cannot sandbox code, so that nothing is judged on it; or nothing. */
function reasonForNoSandbox(): string {
  const question =
    "from stepcheck.server.sandbox.processes import unavailable_reason\n" +
    "print(unavailable_reason())";
  return execFileSync(readTestEnvironment().python, ["-c", question], { encoding: "utf8" }).trim();
}

/** A git repository with the right file committed. */
function fillRepository(workspace: string): void {
  fs.writeFileSync(path.join(workspace, FILE), RIGHT);
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
  for (const command of [["init", "-q"], ["add", "."], ["commit", "-qm", "right"]]) {
    execFileSync("git", [...identity, ...command], { cwd: workspace });
  }
}

function assertRight(file: string): void {
  const { python } = readTestEnvironment();
  const report = execFileSync(python, ["-m", "doctest", "-v", file], { encoding: "utf8" });
  assert.match(report, /2 passed/);
}
