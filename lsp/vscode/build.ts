/**
 * Builds the extension: bundles the sources, stages what belongs into it, packs a `.vsix`.
 *
 *     node build.ts SETTINGS WHEEL OUTPUT_FOLDER
 *
 * SETTINGS: what `server_settings.py` prints. WHEEL: the wheel of stepcheck to bring along.
 */

import * as fs from "node:fs";
import * as path from "node:path";

import { createVSIX } from "@vscode/vsce";
import { build } from "esbuild";

const HERE = import.meta.dirname;
const ROOT = path.join(HERE, "..", "..");
const COPIED = ["README.md", "icon.png", "walkthrough"];
const PICTURES = ["vscode-lean.png", "vscode-python.png"];

interface Manifest {
  version: string;
  devDependencies?: unknown;
  private?: boolean;
  contributes: { configuration: { title: string; properties: object }[] };
}

async function main(settingsFile: string, wheel: string, output: string): Promise<void> {
  const stage = path.join(output, "extension");
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  await build({
    entryPoints: [path.join(HERE, "src", "extension.ts")],
    outfile: path.join(stage, "dist", "extension.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    minify: true,
    legalComments: "eof",
    logLevel: "warning",
  });
  for (const name of COPIED) {
    fs.cpSync(path.join(HERE, name), path.join(stage, name), { recursive: true });
  }
  fs.cpSync(path.join(ROOT, "LICENSE"), path.join(stage, "LICENSE.txt"));
  for (const name of PICTURES) {
    fs.cpSync(path.join(ROOT, "docs", "pictures", name), path.join(stage, "pictures", name));
  }
  fs.cpSync(wheel, path.join(stage, path.basename(wheel)));
  const manifest = composeManifest(settingsFile);
  fs.writeFileSync(path.join(stage, "package.json"), JSON.stringify(manifest, null, 2));
  const packagePath = path.join(output, `stepcheck-${manifest.version}.vsix`);
  await createVSIX({
    cwd: stage,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  const megabytes = fs.statSync(packagePath).size / 1e6;
  console.log(`${path.relative(process.cwd(), packagePath)}: ${megabytes.toFixed(1)} MB`);
}

/** The manifest with the server's settings, and without what only the build needs. */
function composeManifest(settingsFile: string): Manifest {
  const { devDependencies: _, private: __, ...manifest } = readJson<Manifest>(
    path.join(HERE, "package.json"),
  );
  const properties = readJson<object>(settingsFile);
  manifest.contributes.configuration.push({ title: "Server", properties });
  return manifest;
}

function readJson<Type>(file: string): Type {
  return JSON.parse(fs.readFileSync(file, "utf8")) as Type;
}

const [settingsFile, wheel, output] = process.argv.slice(2);
if (settingsFile === undefined || wheel === undefined || output === undefined) {
  console.error("usage: node build.ts SETTINGS WHEEL OUTPUT_FOLDER");
  process.exit(2);
}
await main(path.resolve(settingsFile), path.resolve(wheel), path.resolve(output));
