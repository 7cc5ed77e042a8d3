/** Polls the status of the model server while it is needed. */

import * as vscode from "vscode";

import type { LanguageServer } from "./languageServer.ts";
import type { ModelServer } from "./modelServer.ts";
import type { ModelServerStatus, ModelState } from "./status.ts";

const STATUS_COMMAND = "stepcheck.modelServer";
const SETTLED_MILLISECONDS = 15_000;
const STARTING_MILLISECONDS = 1_000;

export class ModelServerMonitor implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<ModelState>();
  private readonly subscriptions: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private current: ModelState = { kind: "unneeded" };
  private isAsking = false;
  private readonly languageServer: LanguageServer;
  private readonly modelServer: ModelServer;

  readonly onDidChangeState = this.changes.event;

  constructor(languageServer: LanguageServer, modelServer: ModelServer) {
    this.languageServer = languageServer;
    this.modelServer = modelServer;
    const look = (): void => void this.look();
    this.subscriptions = [
      languageServer.onDidChangeState(look),
      modelServer.onDidChange(look),
      vscode.window.onDidChangeVisibleTextEditors(look),
    ];
  }

  get state(): ModelState {
    return this.current;
  }

  /** Ask the language server, which knows the settings; `undefined` if it cannot tell. */
  ask(): Promise<ModelServerStatus | undefined> {
    return this.languageServer.execute<ModelServerStatus>(STATUS_COMMAND);
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions, this.changes).dispose();
  }

  /** Find out now, and again after a while. */
  private async look(): Promise<void> {
    clearTimeout(this.timer);
    const isNeeded = this.modelServer.isRunning || showsLean();
    if (this.languageServer.state.kind !== "ready" || !isNeeded) {
      this.enter({ kind: "unneeded" });
      return;
    }
    if (this.isAsking) {
      return;
    }
    this.isAsking = true;
    try {
      const status = await this.ask();
      if (status !== undefined) {
        const isStarting = this.modelServer.isRunning && !status.ready;
        this.enter(isStarting ? { kind: "starting" } : { kind: "known", status });
      }
    } catch {
      // The language server has just ended: its own state tells.
    } finally {
      this.isAsking = false;
    }
    const wait = this.current.kind === "starting" ? STARTING_MILLISECONDS : SETTLED_MILLISECONDS;
    this.timer = setTimeout(() => void this.look(), wait);
  }

  private enter(state: ModelState): void {
    this.current = state;
    this.changes.fire(state);
  }
}

function showsLean(): boolean {
  return vscode.window.visibleTextEditors.some(({ document }) =>
    ["lean4", "lean"].includes(document.languageId),
  );
}
