/** Finding the program that has stepcheck, by asking the candidates. */

import { execFile } from "node:child_process";
import * as os from "node:os";

import type { Candidate } from "./candidates.ts";

/** A candidate that has stepcheck. */
export interface Installation {
  readonly candidate: Candidate;
  readonly version: string;
}

/** Why a candidate was rejected. */
export type RejectionReason = "absent" | "too old" | "without stepcheck" | "failed";

/** A candidate that has no usable stepcheck; `detail` is for a person. */
export interface RejectedCandidate {
  readonly candidate: Candidate;
  readonly reason: RejectionReason;
  readonly detail: string;
}

export type Discovery =
  | { readonly installation: Installation }
  | { readonly installation: undefined; readonly rejected: readonly RejectedCandidate[] };

const PROBE_MILLISECONDS = 20_000;
const OLDEST_PYTHON = [3, 11] as const;

/** Prints the version of Python and of stepcheck, without importing either's packages. */
const PROBE = `
import sys
print("%d.%d" % sys.version_info[:2])
from importlib import metadata
try:
    print(metadata.version("stepcheck"))
except metadata.PackageNotFoundError:
    pass
`;

/** Return the first candidate that has stepcheck, or why all were rejected. */
export async function discover(candidates: readonly Candidate[]): Promise<Discovery> {
  const rejected: RejectedCandidate[] = [];
  for (const candidate of candidates) {
    const answer = await probe(candidate);
    if ("version" in answer) {
      return { installation: answer };
    }
    rejected.push(answer);
  }
  return { installation: undefined, rejected };
}

/** Ask one candidate. Runs it, so that it must be one that the person trusts. */
export async function probe(candidate: Candidate): Promise<Installation | RejectedCandidate> {
  const isPython = candidate.kind === "python";
  const output = await run(candidate.program, isPython ? ["-c", PROBE] : ["--version"]);
  if ("problem" in output) {
    const reason = output.problem === "ENOENT" ? "absent" : "failed";
    return { candidate, reason, detail: output.problem };
  }
  const lines = output.text.trim().split(/\r?\n/);
  const version = lines.at(isPython ? 1 : -1);
  if (isPython && isTooOld(lines[0] ?? "")) {
    return { candidate, reason: "too old", detail: `Python ${lines[0]}` };
  }
  return version === undefined
    ? { candidate, reason: "without stepcheck", detail: `Python ${lines[0]}` }
    : { candidate, version };
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]);
}

function run(
  program: string,
  programArguments: string[],
): Promise<{ text: string } | { problem: string }> {
  const options = {
    // Away from the workspace, whose modules would hide installed ones.
    cwd: os.homedir(),
    env: { ...process.env, PYTHONSAFEPATH: "1" },
    timeout: PROBE_MILLISECONDS,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    execFile(program, programArguments, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ text: stdout });
      } else {
        const lastLine = stderr.trim().split("\n").at(-1);
        resolve({ problem: error.code === "ENOENT" ? "ENOENT" : lastLine || error.message });
      }
    });
  });
}
