/** Which programs may run stepcheck, in the order in which they are tried. */

import * as os from "node:os";
import * as path from "node:path";

/** A Python, or a `stepcheck` command; `source` tells a person where it was found. */
export interface Candidate {
  readonly kind: "python" | "command";
  readonly program: string;
  readonly source: string;
}

export type ImportStrategy = "fromEnvironment" | "fromPath";

/** What decides on the candidates: settings, environment, workspace, machine. */
export interface LaunchContext {
  /** The setting `stepcheck.interpreter`; empty if it is not set. */
  readonly interpreter: string;
  readonly importStrategy: ImportStrategy;
  /** The workspace's folders; the first is the one that `${workspaceFolder}` means. */
  readonly folders: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The Python that the Python extension has chosen. */
  readonly chosenPython: string | undefined;
  readonly platform: NodeJS.Platform;
}

/**
 * List what may run stepcheck, best first.
 *
 * A Python that the person has named is the only candidate: another one in its place would be a
 * surprise.
 */
export function listCandidates(context: LaunchContext): Candidate[] {
  const named = context.interpreter.trim();
  if (named !== "") {
    const program = expandPath(named, context);
    return [{ kind: "python", program, source: "the setting stepcheck.interpreter" }];
  }
  const candidates = context.importStrategy === "fromPath" ? [] : listEnvironments(context);
  candidates.push({ kind: "command", program: "stepcheck", source: "PATH" });
  for (const program of context.platform === "win32" ? ["python"] : ["python3", "python"]) {
    candidates.push({ kind: "python", program, source: "PATH" });
  }
  return withoutRepetitions(candidates);
}

/** The arguments with which a candidate runs a command of stepcheck. */
export function launchArguments(candidate: Candidate, ...command: string[]): string[] {
  // -P: a folder called `stepcheck` in the workspace is not the stepcheck that is meant.
  return candidate.kind === "python" ? ["-P", "-m", "stepcheck", ...command] : command;
}

function listEnvironments(context: LaunchContext): Candidate[] {
  const candidates: Candidate[] = [];
  const add = (program: string, source: string): void => {
    candidates.push({ kind: "python", program, source });
  };
  const active = context.environment["VIRTUAL_ENV"];
  if (active !== undefined && active !== "") {
    add(pythonOf(active, context.platform), "VIRTUAL_ENV");
  }
  for (const folder of context.folders) {
    for (const name of [".venv", "venv"]) {
      add(pythonOf(path.join(folder, name), context.platform), `${name} of the workspace`);
    }
  }
  if (context.chosenPython !== undefined) {
    add(context.chosenPython, "the Python extension");
  }
  return candidates;
}

function pythonOf(environment: string, platform: NodeJS.Platform): string {
  return platform === "win32"
    ? path.join(environment, "Scripts", "python.exe")
    : path.join(environment, "bin", "python");
}

function expandPath(named: string, context: LaunchContext): string {
  const folder = context.folders[0];
  const inFolder = folder === undefined ? named : named.replaceAll("${workspaceFolder}", folder);
  const atHome = inFolder.replace(/^~(?=[/\\]|$)/, os.homedir());
  // A bare name is looked for on PATH, anything else with a folder in it from the workspace.
  const isRelative = /[/\\]/.test(atHome) && !path.isAbsolute(atHome);
  return isRelative && folder !== undefined ? path.join(folder, atHome) : atHome;
}

function withoutRepetitions(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!first.has(candidate.program)) {
      first.set(candidate.program, candidate);
    }
  }
  return [...first.values()];
}
