/** Helping a person who has no stepcheck yet: the command to install it, and why. */

import type { RejectedCandidate } from "./discovery.ts";

/**
 * Return the command that installs stepcheck from the wheel that this extension brings.
 *
 * It goes into the first Python that could hold it: the one in which stepcheck was missed first.
 */
export function installCommand(
  rejected: readonly RejectedCandidate[],
  wheel: string,
  platform: NodeJS.Platform,
): string {
  const lacking = rejected.find((rejection) => rejection.reason === "without stepcheck");
  const python = lacking?.candidate.program ?? (platform === "win32" ? "python" : "python3");
  const words = [quote(python, platform), "-m", "pip", "install", quote(wheel, platform)];
  // PowerShell, VS Code's shell on Windows, runs a quoted program only after the call operator.
  return (platform === "win32" && words[0] !== python ? "& " : "") + words.join(" ");
}

/** Explain why each candidate was rejected, one line each. */
export function explainRejections(rejected: readonly RejectedCandidate[]): string[] {
  return rejected.map(
    ({ candidate, reason, detail }) =>
      `${candidate.program} (${candidate.source}): ` +
      (reason === "absent" ? "not there" : reason === "failed" ? detail : `${reason}, ${detail}`),
  );
}

function quote(word: string, platform: NodeJS.Platform): string {
  if (/^[\w./:\\-]+$/.test(word) && (platform === "win32" || !word.includes("\\"))) {
    return word;
  }
  return platform === "win32" ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", "'\\''")}'`;
}
