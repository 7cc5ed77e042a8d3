/** A test's session: a folder, a VS Code on it with the extension, and a browser that shows it. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { CodeServer } from "./codeServer.ts";
import { Editor } from "./editor.ts";
import { processesIn } from "./processes.ts";
import { preparePrograms } from "./programs.ts";
import { readTestEnvironment, type TestEnvironment } from "./environment.ts";
import { until } from "./polling.ts";

export interface Session {
  readonly editor: Editor;
  readonly workspace: string;
  readonly environment: TestEnvironment;
  /** Set other settings than those with which the session began. */
  readonly changeSettings: (settings: Settings) => void;
}

type Settings = Readonly<Record<string, unknown>>;

const END_SECONDS = 60;

/**
 * Run `test` with an editor on a new folder that `fill` has filled; afterwards everything ends, and
 * the extension leaves no process behind.
 *
 * A failure leaves a screenshot of the window, `NAME-failure.png`, and the logs, `NAME-logs`.
 */
export async function withSession(
  name: string,
  settings: Settings,
  fill: (workspace: string) => void,
  test: (session: Session) => Promise<void>,
): Promise<void> {
  const environment = readTestEnvironment();
  const programs = preparePrograms(environment.cache, environment.python);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `stepcheck-${name}-`));
  try {
    const workspace = path.join(folder, "workspace");
    fs.mkdirSync(workspace);
    fill(workspace);
    const all = { "stepcheck.interpreter": environment.python, ...settings };
    const server = await CodeServer.start(programs.codeServer, environment, folder, all);
    try {
      const { chromium } = programs;
      const address = server.address(workspace);
      const editor = await Editor.open(chromium, address, environment.screenshots);
      try {
        const changeSettings = (changed: Settings): void => server.writeSettings(changed);
        await test({ editor, workspace, environment, changeSettings });
      } catch (error) {
        await editor.saveScreenshot(`${name}-failure`);
        const logs = path.join(environment.screenshots, `${name}-logs`);
        fs.cpSync(server.logs, logs, { recursive: true });
        throw error;
      } finally {
        await editor.close();
      }
    } finally {
      await server.stop();
    }
    await until("the processes of the extension to end", END_SECONDS, async () =>
      processesIn(workspace).length === 0,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
