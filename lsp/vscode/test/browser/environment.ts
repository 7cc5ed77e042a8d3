/** The environment of the browser tests, as `make test-browser` sets it: paths of what they test. */

import * as path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..", "..", "..", "..");

export interface TestEnvironment {
  readonly root: string;
  /** The Python that has stepcheck. */
  readonly python: string;
  /** The folder in which the embedded Lean and the tests' programs are kept. */
  readonly cache: string;
  readonly vsix: string;
  readonly screenshots: string;
}

/** Read the environment. Throws if a variable is missing. */
export function readTestEnvironment(): TestEnvironment {
  return {
    root: ROOT,
    python: required("BROWSER_TEST_PYTHON"),
    cache: required("STEPCHECK_CACHE"),
    vsix: required("BROWSER_TEST_VSIX"),
    screenshots: path.join(ROOT, "build", "screenshots"),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`The environment lacks ${name}: run the browser tests by make test-browser`);
  }
  return path.resolve(ROOT, value);
}
