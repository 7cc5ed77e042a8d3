/** How the extension starts, what it says when it cannot, and how it recovers. */

import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

import { EDITOR_SECONDS, READY } from "./editor.ts";
import { processesIn } from "./processes.ts";
import { withSession } from "./session.ts";
import { until } from "./polling.ts";

const START_SECONDS = 120;
const FILE = "empty.py";
/** Scripts that stand for a Python without stepcheck, and for one whose stepcheck is broken. */
const PYTHONS = {
  bare: "echo 3.12",
  broken: 'test "$1" = -c && { echo 3.12; echo 0.1.0; exit; }; echo "pygls is missing" >&2; exit 3',
};

test("a missing stepcheck is told with its remedy, and a crash of the server is mended", async () => {
  const fill = (workspace: string): void => {
    fs.writeFileSync(path.join(workspace, FILE), "");
    for (const [name, script] of Object.entries(PYTHONS)) {
      fs.writeFileSync(path.join(workspace, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
  };
  const settings = { "stepcheck.interpreter": "${workspaceFolder}/bare" };

  await withSession("lifecycle", settings, fill, async (session) => {
    const { editor, workspace, environment } = session;
    await editor.openFile(FILE);
    await editor.waitForStatus("error stepcheck: not installed", START_SECONDS);
    await editor.extensionItem().click();
    await editor.choose("Copy the command that installs stepcheck");
    const command = await until("the command in the clipboard", EDITOR_SECONDS, async () => {
      const text = await editor.page.evaluate("navigator.clipboard.readText()");
      return typeof text === "string" && text.includes("pip install") && text;
    });
    const [python = "", ...rest] = command.split(" ");
    assert.equal(python, path.join(workspace, "bare"));
    assert.ok(fs.existsSync(rest.at(-1) ?? ""), "the wheel that is to be installed is there");
    await editor.saveScreenshot("extension-not-installed");

    session.changeSettings({ "stepcheck.interpreter": "${workspaceFolder}/broken" });
    await editor.waitForStatus("error stepcheck: failed", START_SECONDS);
    const label = editor.extensionItem().locator("[aria-label]").first();
    await until("the reason of the failure", EDITOR_SECONDS, async () =>
      (await label.getAttribute("aria-label"))?.includes("pygls is missing"),
    );
    await editor.saveScreenshot("extension-failed");

    session.changeSettings({ "stepcheck.interpreter": environment.python });
    await editor.waitForStatus(READY, START_SECONDS);
    const server = findServer(workspace);
    assert.ok(server !== undefined);

    process.kill(server, "SIGKILL");
    await until("another language server", START_SECONDS, async () => {
      const now = findServer(workspace);
      return now !== undefined && now !== server;
    });
    await editor.waitForStatus(READY, START_SECONDS);
  });
});

function findServer(workspace: string): number | undefined {
  return processesIn(workspace).find(({ command }) => command.slice(-3).includes("lsp"))?.id;
}
