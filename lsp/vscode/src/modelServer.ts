/** The model server that the extension runs, as a task whose terminal shows what it says. */

import * as vscode from "vscode";

import { launchArguments } from "./candidates.ts";
import type { Installation } from "./discovery.ts";
import { serveArguments, serveEnvironment } from "./serveCommand.ts";

const TASK_TYPE = "stepcheck";
const TASK_NAME = "model server";

export class ModelServer implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  private execution: vscode.TaskExecution | undefined;

  /** Fires when the task has begun or ended. */
  readonly onDidChange = this.changes.event;

  constructor() {
    this.execution = vscode.tasks.taskExecutions.find(isOurs); // it outlives a reload
    this.listener = vscode.tasks.onDidEndTask(({ execution }) => {
      if (execution === this.execution) {
        this.execution = undefined;
        this.changes.fire();
      }
    });
  }

  /** Whether the extension runs one; another may run elsewhere. */
  get isRunning(): boolean {
    return this.execution !== undefined;
  }

  /** Run `stepcheck serve` where the settings say that the model server is. */
  async start(installation: Installation, url: string): Promise<void> {
    if (this.execution !== undefined) {
      return;
    }
    const token = vscode.workspace.getConfiguration("stepcheck").get<string>("client.token") ?? "";
    const program = installation.candidate.program;
    const command = launchArguments(installation.candidate, "serve", ...serveArguments(url));
    const process = new vscode.ProcessExecution(program, command, { env: serveEnvironment(token) });
    const definition = { type: TASK_TYPE };
    const scope = vscode.TaskScope.Workspace;
    const task = new vscode.Task(definition, scope, TASK_NAME, "stepcheck", process, []);
    task.isBackground = true;
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Silent, clear: true };
    this.execution = await vscode.tasks.executeTask(task);
    this.changes.fire();
  }

  stop(): void {
    this.execution?.terminate();
  }

  dispose(): void {
    this.stop();
    this.listener.dispose();
    this.changes.dispose();
  }
}

function isOurs({ task }: vscode.TaskExecution): boolean {
  return task.definition.type === TASK_TYPE && task.name === TASK_NAME;
}
