/** The processes of this machine, as Linux shows them. */

import * as fs from "node:fs";

export interface Process {
  readonly id: number;
  readonly command: readonly string[];
}

/** List the processes that work in `folder` or below it. */
export function processesIn(folder: string): Process[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const place = fs.readlinkSync(`/proc/${name}/cwd`);
        const command = fs.readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        const isInside = place === folder || place.startsWith(`${folder}/`);
        return isInside ? [{ id: Number(name), command }] : [];
      } catch {
        return []; // it has just ended
      }
    });
}
