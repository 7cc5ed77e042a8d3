/** The item in the status bar. */

import * as vscode from "vscode";

import { describeStatus, type ModelState, type ServerState } from "./status.ts";

const BACKGROUNDS = {
  none: undefined,
  warning: new vscode.ThemeColor("statusBarItem.warningBackground"),
  error: new vscode.ThemeColor("statusBarItem.errorBackground"),
};

export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;

  constructor(menuCommand: string) {
    this.item = vscode.window.createStatusBarItem("stepcheck", vscode.StatusBarAlignment.Right);
    this.item.name = "stepcheck";
    this.item.command = menuCommand;
    this.item.show();
  }

  show(server: ServerState, model: ModelState): void {
    const { text, tooltip, severity } = describeStatus(server, model);
    this.item.text = text;
    // Plain text: paths and messages of others are not to be read as Markdown.
    this.item.tooltip = [...tooltip, "", "Click for what can be done."].join("\n");
    this.item.accessibilityInformation = { label: [this.item.name, ...tooltip].join(", ") };
    this.item.backgroundColor = BACKGROUNDS[severity];
  }

  dispose(): void {
    this.item.dispose();
  }
}
