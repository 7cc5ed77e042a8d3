/** What VS Code knows of the person's settings and the workspace. */

import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";

import { type Candidate, type ImportStrategy, listCandidates } from "./candidates.ts";
import { explicitSettings, type Sections, serverSettingNames } from "./settings.ts";

export const EXTENSION_ID = "stepcheck.stepcheck";
/** Changes of these settings need another language server. */
export const LAUNCH_SETTINGS = ["stepcheck.interpreter", "stepcheck.importStrategy"];

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, unknown>> }[];
  };
}

/** List what may run stepcheck here. */
export async function readCandidates(): Promise<Candidate[]> {
  const settings = vscode.workspace.getConfiguration("stepcheck");
  return listCandidates({
    interpreter: settings.get<string>("interpreter", ""),
    importStrategy: settings.get<ImportStrategy>("importStrategy", "fromEnvironment"),
    folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
    environment: process.env,
    chosenPython: await chosenPython(),
    platform: process.platform,
  });
}

/** Return what the person has set of the server's settings. */
export function readServerSettings(): Sections {
  const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as Manifest;
  const declared = manifest.contributes.configuration.flatMap((group) =>
    Object.keys(group.properties),
  );
  const settings = vscode.workspace.getConfiguration("stepcheck");
  return explicitSettings(serverSettingNames(declared), (name) => settings.inspect(name));
}

/** Call `listener` when the Python extension, if there is one, has another Python chosen. */
export async function onDidChoosePython(
  listener: () => void,
): Promise<vscode.Disposable | undefined> {
  const python = await pythonExtension();
  return python?.environments.onDidChangeActiveEnvironmentPath(listener);
}

async function chosenPython(): Promise<string | undefined> {
  const environments = (await pythonExtension())?.environments;
  if (environments === undefined) {
    return undefined;
  }
  const resource = vscode.workspace.workspaceFolders?.[0]?.uri;
  const active = environments.getActiveEnvironmentPath(resource);
  const environment = await environments.resolveEnvironment(active);
  return environment?.executable.uri?.fsPath;
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  try {
    return await PythonExtension.api();
  } catch {
    return undefined; // it is not installed, or does not start
  }
}
