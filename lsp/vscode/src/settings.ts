/** Which of VS Code's settings the language server is told of. */

/** A setting's values in the places where it can be set, as VS Code gives them. */
export interface InspectedSetting {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export type Sections = Record<string, Record<string, unknown>>;

const SECTION = "stepcheck";

/** Settings of the extension or of the language client, of which the server knows nothing. */
const OWN_SECTIONS: ReadonlySet<string> = new Set(["trace"]);

/**
 * Return the names of the server's settings, such as `lean.toolchain`, among all that the
 * extension's manifest declares: those with a section, as in `stepcheck.toml`.
 */
export function serverSettingNames(declared: readonly string[]): string[] {
  return declared
    .filter((name) => name.startsWith(`${SECTION}.`))
    .map((name) => name.slice(SECTION.length + 1))
    .filter((name) => name.includes(".") && !OWN_SECTIONS.has(name.split(".", 1)[0] ?? ""));
}

/**
 * Return what the person has set, as sections.
 *
 * VS Code's defaults are left out: they would override a project's `stepcheck.toml` and the
 * environment, which the server reads itself.
 */
export function explicitSettings(
  names: readonly string[],
  inspect: (name: string) => InspectedSetting | undefined,
): Sections {
  const sections: Sections = {};
  for (const name of names) {
    const setting = inspect(name);
    const value = setting?.workspaceFolderValue ?? setting?.workspaceValue ?? setting?.globalValue;
    if (value !== undefined && value !== null) {
      const [section = "", key = ""] = name.split(/\.(.*)/s);
      (sections[section] ??= {})[key] = value;
    }
  }
  return sections;
}
