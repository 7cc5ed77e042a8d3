/** A test's session: a folder, a VS Code on it with the extension, and a browser that shows it. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { CodeServer } from "./codeServer.ts";
import { Editor } from "./editor.ts";
import { preparePrograms } from "./programs.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";

export interface Session {
  readonly editor: Editor;
  readonly workspace: string;
  readonly surroundings: Surroundings;
}

/**
 * Run `test` with an editor on a new folder that `fill` has filled; afterwards everything ends.
 *
 * A failure leaves a picture of the window, `NAME-failure.png`, and the logs, `NAME-logs`.
 */
export async function withSession(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  fill: (workspace: string) => void,
  test: (session: Session) => Promise<void>,
): Promise<void> {
  const surroundings = readSurroundings();
  const programs = preparePrograms(surroundings.cache, surroundings.python);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `stepcheck-${name}-`));
  try {
    const workspace = path.join(folder, "workspace");
    fs.mkdirSync(workspace);
    fill(workspace);
    const all = { "stepcheck.interpreter": surroundings.python, ...settings };
    const server = await CodeServer.start(programs.codeServer, surroundings, folder, all);
    try {
      const { chromium } = programs;
      const address = server.address(workspace);
      const editor = await Editor.open(chromium, address, surroundings.screenshots);
      try {
        await test({ editor, workspace, surroundings });
      } catch (error) {
        await editor.photograph(`${name}-failure`);
        const logs = path.join(surroundings.screenshots, `${name}-logs`);
        fs.cpSync(CodeServer.logs(folder), logs, { recursive: true });
        throw error;
      } finally {
        await editor.close();
      }
    } finally {
      await server.stop();
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
