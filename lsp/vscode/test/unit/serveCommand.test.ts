import * as assert from "node:assert/strict";
import { test } from "node:test";

import { isLoopback, serveArguments, serveEnvironment } from "../../src/serveCommand.ts";

test("only a plain loopback address is this machine's", () => {
  for (const url of ["http://127.0.0.1:8010", "http://localhost:8010", "http://[::1]:8010"]) {
    assert.ok(isLoopback(url), url);
  }
  for (const url of ["https://127.0.0.1:8010", "http://10.0.0.1:8010", "http://127.0.0.1.evil.org", ""]) {
    assert.ok(!isLoopback(url), url);
  }
});

test("the server listens where the client asks", () => {
  assert.deepEqual(serveArguments("http://127.0.0.1:9000"), ["--host", "127.0.0.1", "--port", "9000"]);
  assert.deepEqual(serveArguments("http://[::1]:9000"), ["--host", "::1", "--port", "9000"]);
  assert.deepEqual(serveArguments("http://localhost"), ["--host", "localhost", "--port", "80"]);
});

test("the server wants the client's token, and it is not on the command line", () => {
  assert.deepEqual(serveEnvironment("secret"), { STEPCHECK_SERVER_TOKEN: "secret" });
  assert.deepEqual(serveEnvironment(""), {});
});
