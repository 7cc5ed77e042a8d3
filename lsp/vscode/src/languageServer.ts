/** The language server: found, started, watched and stopped. */

import * as os from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import * as vscode from "vscode";
import {
  ConfigurationRequest,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";

import { launchArguments } from "./candidates.ts";
import { discover, type Installation } from "./discovery.ts";
import type { ServerState } from "./status.ts";
import { readCandidates, readServerSettings } from "./workspace.ts";

const LANGUAGES = ["lean4", "lean", "python"];
/** Unsaved files too, but not what a diff or a notebook shows. */
const SCHEMES = ["file", "untitled"];
const STOP_MILLISECONDS = 5_000;

/** Starts `stepcheck lsp` and is its client; one at a time. */
export class LanguageServer {
  private readonly changes = new vscode.EventEmitter<ServerState>();
  private current: ServerState = { kind: "stopped" };
  private client: LanguageClient | undefined;
  private found: Installation | undefined;
  private lastErrorLine = "";
  /** The last of the starts and stops, which run one after another. */
  private lastAction: Promise<void> = Promise.resolve();

  readonly onDidChangeState = this.changes.event;
  private readonly output: vscode.LogOutputChannel;

  constructor(output: vscode.LogOutputChannel) {
    this.output = output;
  }

  get state(): ServerState {
    return this.current;
  }

  /** What runs the language server, and can run the model server as well. */
  get installation(): Installation | undefined {
    return this.found;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Run a command of the server; `undefined` if there is no server. */
  async execute<Result>(command: string, ...parameters: unknown[]): Promise<Result | undefined> {
    if (this.client?.state !== State.Running) {
      return undefined;
    }
    const request = { command, arguments: parameters };
    return (await this.client.sendRequest(ExecuteCommandRequest.type, request)) as Result;
  }

  /** Whether the running server has a command. */
  supports(command: string): boolean {
    const capabilities = this.client?.initializeResult?.capabilities;
    return capabilities?.executeCommandProvider?.commands.includes(command) ?? false;
  }

  private enqueue(action: () => Promise<void>): Promise<void> {
    this.lastAction = this.lastAction.then(action).catch((error: unknown) => {
      this.enter({ kind: "failed", reason: messageOf(error) });
    });
    return this.lastAction;
  }

  private async startNow(): Promise<void> {
    if (this.client !== undefined) {
      return;
    }
    this.enter({ kind: "searching" });
    const discovery = await discover(await readCandidates());
    this.found = discovery.installation;
    if (discovery.installation === undefined) {
      this.enter({ kind: "missing", rejected: discovery.rejected });
      return;
    }
    const { candidate, version } = discovery.installation;
    this.output.info(`stepcheck ${version}, run by ${candidate.program} (${candidate.source})`);
    const client = this.createClient(discovery.installation);
    this.lastErrorLine = "";
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.enter({ kind: "failed", reason: this.lastErrorLine || messageOf(error) });
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      try {
        await client.stop(STOP_MILLISECONDS);
      } catch (error) {
        // It had ended by itself, or did not answer the shutdown request and was killed.
        this.output.debug(messageOf(error));
      }
      await client.dispose(STOP_MILLISECONDS).catch(() => undefined);
    }
    this.enter({ kind: "stopped" });
  }

  private createClient(installation: Installation): LanguageClient {
    const { candidate, version } = installation;
    const executable = {
      command: candidate.program,
      args: launchArguments(candidate, "lsp"),
      options: { cwd: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir() },
    };
    const client = new LanguageClient("stepcheck", "stepcheck", executable, this.clientOptions());
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) {
        return;
      }
      if (newState === State.Starting) {
        this.enter({ kind: "starting" });
      } else if (newState === State.Running) {
        this.enter({ kind: "ready", version, program: candidate.program });
      } else {
        const reason = this.lastErrorLine || "The language server ended; its output may say why.";
        this.enter({ kind: "failed", reason });
      }
    });
    return client;
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: LANGUAGES.flatMap((language) =>
        SCHEMES.map((scheme) => ({ language, scheme })),
      ),
      outputChannel: this.output,
      // The status bar tells; the output comes when it is asked for.
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      stdioOptions: {
        // The protocol's; nothing to read here.
        stdout: () => undefined,
        stderr: (stream) => this.listen(stream),
      },
      middleware: {
        workspace: {
          configuration: (parameters, token, next) => answerConfiguration(parameters, token, next),
        },
      },
    };
  }

  private listen(stderr: Readable): void {
    createInterface({ input: stderr }).on("line", (line) => {
      this.output.info(line);
      this.lastErrorLine = line.trim() || this.lastErrorLine;
      if (this.current.kind === "failed") {
        this.enter({ kind: "failed", reason: this.lastErrorLine }); // the line arrived after the failure
      }
    });
  }

  private enter(state: ServerState): void {
    this.current = state;
    this.changes.fire(state);
  }
}

type ConfigurationSignature = ConfigurationRequest.MiddlewareSignature;

/** Give the server what the person has set under `stepcheck`, and nothing of the extension's. */
const answerConfiguration: ConfigurationSignature = async (parameters, token, next) => {
  const answers = await next(parameters, token);
  return Array.isArray(answers)
    ? parameters.items.map((item, index) =>
        item.section === "stepcheck" ? readServerSettings() : answers[index],
      )
    : answers;
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
