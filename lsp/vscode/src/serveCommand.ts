/** The arguments and the environment of `stepcheck serve` for a client's settings. */

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Whether a model server at `url` would run on this machine. */
export function isLoopback(url: string): boolean {
  try {
    const { hostname, protocol } = new URL(url);
    return protocol === "http:" && LOOPBACK.has(hostname);
  } catch {
    return false;
  }
}

/** Return the options of `stepcheck serve` for a loopback `url`. */
export function serveArguments(url: string): string[] {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return ["--host", host, "--port", port === "" ? "80" : port];
}

/** Return the environment in which the server asks for the token that the client sends. */
export function serveEnvironment(token: string): Record<string, string> {
  return token === "" ? {} : { STEPCHECK_SERVER_TOKEN: token };
}
