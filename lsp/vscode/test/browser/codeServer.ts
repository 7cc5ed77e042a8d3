/** A VS Code of the test's own, with the extension installed. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";

import type { TestEnvironment } from "./environment.ts";
import { until } from "./polling.ts";

const START_SECONDS = 120;
const STOP_SECONDS = 20;

/** What a person would click away, and what would look different from run to run. */
const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
};

export class CodeServer {
  private readonly process: ChildProcess;
  private readonly folder: string;
  private readonly port: number;

  private constructor(process: ChildProcess, port: number, folder: string) {
    this.process = process;
    this.port = port;
    this.folder = folder;
  }

  /**
   * Install the extension and start the server, with a home of its own in `folder`.
   *
   * `settings` are those of the machine, where VS Code wants paths and addresses in remote windows.
   */
  static async start(
    script: string,
    environment: TestEnvironment,
    folder: string,
    settings: Readonly<Record<string, unknown>>,
  ): Promise<CodeServer> {
    const [home, data] = [path.join(folder, "home"), path.join(folder, "data")];
    fs.mkdirSync(home);
    writeJson(path.join(data, "User", "settings.json"), QUIET_SETTINGS);
    writeJson(machineSettings(folder), settings);
    const env = { ...editorEnvironment(), HOME: home, STEPCHECK_CACHE: environment.cache };
    const folders = ["--user-data-dir", data, "--extensions-dir", path.join(folder, "extensions")];
    const install = ["--install-extension", environment.vsix];
    execFileSync(process.execPath, [script, ...folders, ...install], { env, stdio: "pipe" });

    const port = await freePort();
    const output = fs.openSync(outputOf(folder), "w");
    const quiet = ["--disable-telemetry", "--disable-update-check"];
    const address = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`];
    const child = spawn(process.execPath, [script, ...folders, ...address, ...quiet], {
      env,
      stdio: ["ignore", output, output],
    });
    fs.closeSync(output);
    const server = new CodeServer(child, port, folder);
    try {
      await server.waitUntilHealthy();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Where VS Code and the extension write what they do. */
  get logs(): string {
    return path.join(this.folder, "data", "logs");
  }

  /** The address at which `workspace` is opened. */
  address(workspace: string): string {
    return `http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(workspace)}`;
  }

  /** Set the machine's settings; VS Code sees the change. */
  writeSettings(settings: Readonly<Record<string, unknown>>): void {
    writeJson(machineSettings(this.folder), settings);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return;
    }
    const end = once(this.process, "exit");
    this.process.kill("SIGTERM");
    const timer = setTimeout(() => this.process.kill("SIGKILL"), STOP_SECONDS * 1000);
    await end;
    clearTimeout(timer);
  }

  private async waitUntilHealthy(): Promise<void> {
    await until("code-server", START_SECONDS, async () => {
      if (this.process.exitCode !== null) {
        throw new Error(`code-server ended:\n${fs.readFileSync(outputOf(this.folder), "utf8")}`);
      }
      return await fetch(`http://127.0.0.1:${this.port}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      );
    });
  }
}

/** A port that nobody listens at; nothing keeps it free, so that it is to be used at once. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The environment without what would lead the editor to another Python or another VS Code. */
function editorEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|VIRTUAL_ENV$|STEPCHECK_|PYTHON|XDG_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function machineSettings(folder: string): string {
  return path.join(folder, "data", "Machine", "settings.json");
}

function outputOf(folder: string): string {
  return path.join(folder, "code-server.log");
}

function writeJson(file: string, content: unknown): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(content));
}
