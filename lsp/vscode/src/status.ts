/** What the status bar says. */

import { explainRejections } from "./installation.ts";
import type { RejectedCandidate } from "./discovery.ts";

/** How the language server is. */
export type ServerState =
  | { readonly kind: "searching" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly version: string; readonly program: string }
  | { readonly kind: "missing"; readonly rejected: readonly RejectedCandidate[] }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "stopped" };

/** How the model server is, as the language server's command `stepcheck.modelServer` tells it. */
export interface ModelServerStatus {
  readonly url: string;
  readonly ready: boolean;
  readonly models: readonly string[];
  readonly problem: string;
  readonly remedy: string;
}

/**
 * How the model server is; `unneeded` while no Lean file is shown, `starting` from the command
 * until it answers.
 */
export type ModelState =
  | { readonly kind: "unneeded" }
  | { readonly kind: "starting" }
  | { readonly kind: "known"; readonly status: ModelServerStatus };

export interface StatusText {
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: readonly string[];
  readonly severity: "none" | "warning" | "error";
}

const NAME = "stepcheck";

/** Say in a word how things stand, and in the tooltip why. */
export function describeStatus(server: ServerState, model: ModelState): StatusText {
  switch (server.kind) {
    case "searching":
      return busy("looking for a Python with stepcheck");
    case "starting":
      return busy("starting the language server");
    case "stopped":
      return quiet("$(circle-slash)", ["The language server is stopped."]);
    case "missing":
      return {
        text: `$(error) ${NAME}: not installed`,
        tooltip: ["No Python with stepcheck was found:", ...explainRejections(server.rejected)],
        severity: "error",
      };
    case "failed":
      return { text: `$(error) ${NAME}: failed`, tooltip: [server.reason], severity: "error" };
    case "ready":
      return describeReady([`stepcheck ${server.version}`, `run by ${server.program}`], model);
  }
}

function describeReady(lines: readonly string[], model: ModelState): StatusText {
  switch (model.kind) {
    case "unneeded":
      return quiet("$(check)", lines);
    case "starting":
      return busy("starting the model server");
    case "known": {
      const { url, ready, models, problem, remedy } = model.status;
      if (ready) {
        return quiet("$(check)", [...lines, `model server at ${url}: ${models.join(", ")}`]);
      }
      return {
        text: `$(warning) ${NAME}: no model server`,
        tooltip: [...lines, problem, remedy].filter((line) => line !== ""),
        severity: "warning",
      };
    }
  }
}

function busy(what: string): StatusText {
  return { text: `$(loading~spin) ${NAME}`, tooltip: [`${NAME}: ${what} …`], severity: "none" };
}

function quiet(icon: string, tooltip: readonly string[]): StatusText {
  return { text: `${icon} ${NAME}`, tooltip, severity: "none" };
}
