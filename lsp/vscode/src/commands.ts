/** The commands of the palette and of the status bar's menu. */

import * as path from "node:path";

import * as vscode from "vscode";

import { explainRejections, installCommand } from "./installation.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { ModelServer } from "./modelServer.ts";
import type { ModelServerMonitor } from "./modelServerMonitor.ts";
import { isLoopback } from "./serveCommand.ts";
import { EXTENSION_ID } from "./workspace.ts";

export const Command = {
  showMenu: "stepcheck.showMenu",
  restart: "stepcheck.restart",
  startModelServer: "stepcheck.startModelServer",
  stopModelServer: "stepcheck.stopModelServer",
  showOutput: "stepcheck.showOutput",
  judgeFile: "stepcheck.judgeFile",
  proveHere: "stepcheck.proveHere",
  copyInstallCommand: "stepcheck.copyInstallCommand",
  chooseInterpreter: "stepcheck.chooseInterpreter",
  openWalkthrough: "stepcheck.openWalkthrough",
} as const;

/** Commands of the language server that need to be told where. */
const ServerCommand = {
  judge: "stepcheck.judge",
  prove: "stepcheck.prove",
} as const;

/** The components of the extension that the commands act upon. */
export interface Components {
  readonly languageServer: LanguageServer;
  readonly modelServer: ModelServer;
  readonly monitor: ModelServerMonitor;
  readonly output: vscode.LogOutputChannel;
  /** The wheel of stepcheck that the extension brings. */
  readonly wheel: string;
}

export function registerCommands(components: Components): vscode.Disposable {
  const actions: Record<string, () => unknown> = {
    [Command.showMenu]: () => showMenu(components),
    [Command.restart]: () => components.languageServer.restart(),
    [Command.startModelServer]: () => startModelServer(components),
    [Command.stopModelServer]: () => stopModelServer(components.modelServer),
    [Command.showOutput]: () => components.output.show(),
    [Command.judgeFile]: () => judgeFile(components.languageServer),
    [Command.proveHere]: () => proveHere(components.languageServer),
    [Command.copyInstallCommand]: () => copyInstallCommand(components),
    [Command.chooseInterpreter]: () => openSetting("stepcheck.interpreter"),
    [Command.openWalkthrough]: () => openWalkthrough(),
  };
  const registered = Object.entries(actions).map(([name, action]) =>
    vscode.commands.registerCommand(name, action),
  );
  return vscode.Disposable.from(...registered);
}

/** Say that stepcheck is missing, and how to get it. */
export async function offerInstallation(components: Components): Promise<void> {
  if (components.languageServer.state.kind !== "missing") {
    return;
  }
  const [copy, choose] = ["Copy the Install Command", "Choose a Python"];
  const chosen = await vscode.window.showErrorMessage(
    "stepcheck: no Python with stepcheck was found. The output says where it was looked for.",
    copy,
    choose,
  );
  if (chosen === copy) {
    await copyInstallCommand(components);
  } else if (chosen === choose) {
    await openSetting("stepcheck.interpreter");
  }
}

/** Write into the output where stepcheck was looked for. */
export function logRejections({ languageServer, output }: Components): void {
  if (languageServer.state.kind === "missing") {
    output.error("No Python with stepcheck was found:");
    explainRejections(languageServer.state.rejected).forEach((line) => output.error(line));
  }
}

async function showMenu({ languageServer, modelServer, monitor }: Components): Promise<void> {
  const item = (label: string, command: string): vscode.QuickPickItem & { command: string } => ({
    label,
    command,
  });
  const isMissing = languageServer.state.kind === "missing";
  const document = vscode.window.activeTextEditor?.document;
  const items = [
    ...(isMissing
      ? [
          item("$(clippy) Copy the command that installs stepcheck", Command.copyInstallCommand),
          item("$(gear) Choose a Python", Command.chooseInterpreter),
        ]
      : []),
    ...(modelServer.isRunning
      ? [item("$(debug-stop) Stop the model server", Command.stopModelServer)]
      : monitor.state.kind === "known" && monitor.state.status.ready
        ? []
        : [item("$(play) Start the model server", Command.startModelServer)]),
    ...(document?.languageId === "python" ? [item("$(law) Judge this file", Command.judgeFile)] : []),
    ...(document?.languageId.startsWith("lean")
      ? [item("$(search) Search a proof here", Command.proveHere)]
      : []),
    item("$(debug-restart) Restart the language server", Command.restart),
    item("$(output) Show the output", Command.showOutput),
    item("$(book) Open the walkthrough", Command.openWalkthrough),
  ];
  const title = "stepcheck";
  const chosen = await vscode.window.showQuickPick(items, { title });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

async function startModelServer(components: Components): Promise<void> {
  const { languageServer, modelServer, monitor } = components;
  await languageServer.start();
  const status = await monitor.ask();
  if (languageServer.installation === undefined || status === undefined) {
    await offerInstallation(components);
  } else if (status.ready) {
    void vscode.window.showInformationMessage(
      `stepcheck: a model server answers at ${status.url} already.`,
    );
  } else if (!isLoopback(status.url)) {
    void vscode.window.showWarningMessage(
      `stepcheck: the model server is expected at ${status.url}. Start it there, or change the ` +
        "setting stepcheck.client.server_url.",
    );
  } else {
    await modelServer.start(languageServer.installation, status.url);
  }
}

function stopModelServer(modelServer: ModelServer): void {
  if (modelServer.isRunning) {
    modelServer.stop();
  } else {
    void vscode.window.showInformationMessage("stepcheck: no model server was started from here.");
  }
}

async function judgeFile(languageServer: LanguageServer): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "python") {
    void vscode.window.showInformationMessage("stepcheck: open a Python file to have it judged.");
    return;
  }
  await runAt(languageServer, ServerCommand.judge, document.uri.toString());
}

async function proveHere(languageServer: LanguageServer): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || !editor.document.languageId.startsWith("lean")) {
    void vscode.window.showInformationMessage("stepcheck: open a Lean file and go to a proof.");
    return;
  }
  const { line, character } = editor.selection.active;
  const uri = editor.document.uri.toString();
  await runAt(languageServer, ServerCommand.prove, uri, { line, character });
}

async function runAt(
  languageServer: LanguageServer,
  command: string,
  ...parameters: unknown[]
): Promise<void> {
  if (languageServer.state.kind !== "ready") {
    void vscode.window.showWarningMessage("stepcheck: the language server does not run.");
  } else if (!languageServer.supports(command)) {
    void vscode.window.showWarningMessage(
      "stepcheck: the installed stepcheck is too old for this command. Install a newer one.",
    );
  } else {
    await languageServer.execute(command, ...parameters);
  }
}

async function copyInstallCommand({ languageServer, wheel }: Components): Promise<void> {
  const { state } = languageServer;
  const rejected = state.kind === "missing" ? state.rejected : [];
  await vscode.env.clipboard.writeText(installCommand(rejected, wheel, process.platform));
  const restart = "Restart";
  const chosen = await vscode.window.showInformationMessage(
    "stepcheck: the command is in the clipboard. Run it in a terminal, then restart.",
    restart,
  );
  if (chosen === restart) {
    await languageServer.restart();
  }
}

async function openSetting(name: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", name);
}

async function openWalkthrough(): Promise<void> {
  const walkthrough = `${EXTENSION_ID}#start`;
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough);
}

/** Return the wheel in the extension's folder. */
export async function findWheel(folder: vscode.Uri): Promise<string> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const name = entries.map(([entry]) => entry).find((entry) => entry.endsWith(".whl"));
  return path.join(folder.fsPath, name ?? "stepcheck.whl");
}
