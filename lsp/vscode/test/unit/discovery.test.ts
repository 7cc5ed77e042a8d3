/** Discovery asks real programs: scripts that stand for Pythons, and the Python of the build. */

import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";

import type { Candidate } from "../../src/candidates.ts";
import { discover, probe } from "../../src/discovery.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepcheck-discovery-"));
after(() => fs.rmSync(folder, { recursive: true }));

function script(name: string, body: string): Candidate {
  const program = path.join(folder, name);
  fs.writeFileSync(program, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { kind: "python", program, source: "test" };
}

const absent: Candidate = { kind: "python", program: path.join(folder, "none"), source: "test" };
const old = script("old", "echo 3.9; echo 0.1.0");
const bare = script("bare", "echo 3.12");
const broken = script("broken", "echo 'no such module: encodings' >&2; exit 1");
const good = script("good", "echo 3.12; echo 0.1.0");

test("the first candidate with stepcheck is taken, the others are not asked", async () => {
  const discovery = await discover([absent, good, broken]);
  assert.deepEqual(discovery.installation, { candidate: good, version: "0.1.0" });
});

test("every candidate's rejection is explained", async () => {
  const discovery = await discover([absent, old, bare, broken]);
  assert.ok(discovery.installation === undefined);
  assert.deepEqual(
    discovery.rejected.map(({ reason }) => reason),
    ["absent", "too old", "without stepcheck", "failed"],
  );
  assert.match(discovery.rejected[3]?.detail ?? "", /encodings/);
});

test("a stepcheck command tells its version", async () => {
  const command = { ...script("stepcheck", 'test "$1" = --version && echo 0.1.0'), kind: "command" };
  const answer = await probe(command as Candidate);
  assert.ok("version" in answer);
  assert.equal(answer.version, "0.1.0");
});

const python = process.env["BROWSER_TEST_PYTHON"];
test("the Python of the build is found to have stepcheck", { skip: !python }, async () => {
  const answer = await probe({ kind: "python", program: python ?? "", source: "test" });
  assert.ok("version" in answer);
  const manifest = path.join(import.meta.dirname, "..", "..", "package.json");
  const { version } = JSON.parse(fs.readFileSync(manifest, "utf8")) as { version: string };
  assert.equal(answer.version, version, "the extension has the version of stepcheck");
});
