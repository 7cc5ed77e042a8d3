/** The extension's entry points: `activate` and `deactivate`. */

import * as vscode from "vscode";

import {
  Command,
  findWheel,
  logRejections,
  offerInstallation,
  registerCommands,
} from "./commands.ts";
import { LanguageServer } from "./languageServer.ts";
import { configureLean } from "./leanLanguage.ts";
import { ModelServer } from "./modelServer.ts";
import { ModelServerMonitor } from "./modelServerMonitor.ts";
import { StatusBar } from "./statusBar.ts";
import { LAUNCH_SETTINGS, onDidChoosePython } from "./workspace.ts";

let running: LanguageServer | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("stepcheck", { log: true });
  const languageServer = new LanguageServer(output);
  const modelServer = new ModelServer();
  const monitor = new ModelServerMonitor(languageServer, modelServer);
  const statusBar = new StatusBar(Command.showMenu);
  const wheel = await findWheel(context.extensionUri);
  const components = { languageServer, modelServer, monitor, output, wheel };
  running = languageServer;

  const showStatus = (): void => statusBar.show(languageServer.state, monitor.state);
  const restart = (): void => void languageServer.restart();
  context.subscriptions.push(
    output,
    statusBar,
    modelServer,
    monitor,
    configureLean(),
    registerCommands(components),
    languageServer.onDidChangeState(showStatus),
    languageServer.onDidChangeState(() => logRejections(components)),
    monitor.onDidChangeState(showStatus),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (LAUNCH_SETTINGS.some((name) => change.affectsConfiguration(name))) {
        restart();
      }
    }),
  );
  showStatus();
  void startFirst(context, components.languageServer, () => offerInstallation(components));
}

/** VS Code waits for this: the language server ends its children before it goes. */
export async function deactivate(): Promise<void> {
  await running?.stop();
}

async function startFirst(
  context: vscode.ExtensionContext,
  languageServer: LanguageServer,
  offer: () => Promise<void>,
): Promise<void> {
  await languageServer.start();
  const python = await onDidChoosePython(() => void languageServer.restart());
  if (python !== undefined) {
    context.subscriptions.push(python);
  }
  await offer();
}
