/** What a person is told who has no stepcheck yet. */

import type { Trial } from "./discovery.ts";

/**
 * Return the command that installs stepcheck from the wheel that this extension brings.
 *
 * It goes into the first Python that could hold it: the one in which stepcheck was missed first.
 */
export function installCommand(
  trials: readonly Trial[],
  wheel: string,
  platform: NodeJS.Platform,
): string {
  const lacking = trials.find((trial) => trial.refusal === "without stepcheck");
  const python = lacking?.candidate.program ?? (platform === "win32" ? "python" : "python3");
  const words = [quote(python, platform), "-m", "pip", "install", quote(wheel, platform)];
  // PowerShell, VS Code's shell on Windows, runs a quoted program only after the call operator.
  return (platform === "win32" && words[0] !== python ? "& " : "") + words.join(" ");
}

/** Tell where stepcheck was looked for, a line for each place. */
export function explainTrials(trials: readonly Trial[]): string[] {
  return trials.map(
    ({ candidate, refusal, detail }) =>
      `${candidate.program} (${candidate.source}): ` +
      (refusal === "absent" ? "not there" : refusal === "failed" ? detail : `${refusal}, ${detail}`),
  );
}

function quote(word: string, platform: NodeJS.Platform): string {
  if (/^[\w./:\\-]+$/.test(word) && (platform === "win32" || !word.includes("\\"))) {
    return word;
  }
  return platform === "win32" ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", "'\\''")}'`;
}
