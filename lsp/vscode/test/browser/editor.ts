/** A person at VS Code: opens files, types, hovers, clicks, and looks at what is shown. */

import * as fs from "node:fs";
import * as path from "node:path";

import { type Browser, chromium, errors, type Locator, type Page } from "playwright-core";

import { until } from "./polling.ts";

const VIEWPORT = { width: 1280, height: 800 };
/** For what VS Code does by itself; on a busy machine it takes its time. */
export const EDITOR_SECONDS = 90;
const RETRY_SECONDS = 10;

/** The status when all is well. */
export const READY = "check stepcheck";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The upper part of the text, with its tab. */
export const TEXT_AREA: Area = { x: 352, y: 36, width: 680, height: 376 };

export class Editor {
  readonly page: Page;
  private readonly browser: Browser;
  private readonly screenshots: string;

  private constructor(browser: Browser, page: Page, screenshots: string) {
    this.browser = browser;
    this.page = page;
    this.screenshots = screenshots;
  }

  /** Open the page of a VS Code, and wait until it can be used. */
  static async open(executable: string, address: string, screenshots: string): Promise<Editor> {
    fs.mkdirSync(screenshots, { recursive: true });
    const browser = await chromium.launch({
      executablePath: executable,
      // Chromium's own sandbox does not run as root, nor in most containers; the page is ours.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    const page = await browser.newPage({
      viewport: VIEWPORT,
      deviceScaleFactor: 2,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    page.setDefaultTimeout(EDITOR_SECONDS * 1000);
    await page.goto(address);
    await page.locator(".monaco-workbench .part.statusbar").waitFor();
    return new Editor(browser, page, screenshots);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Open a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    const tab = this.page.locator(".tab.active", { hasText: name });
    await this.useQuickInput("Control+P", name, async () => {
      await this.choose(name, RETRY_SECONDS);
      return await appears(tab, RETRY_SECONDS);
    });
    await this.page.locator(".monaco-editor .view-lines").first().waitFor();
  }

  /** Put the caret at a line and column, both from 1. */
  async goTo(line: number, column: number): Promise<void> {
    const place = this.statusItem(new RegExp(`Ln ${line}, Col ${column}\\b`));
    await this.useQuickInput("Control+G", `:${line}:${column}`, async () => {
      await this.page.keyboard.press("Enter");
      return await appears(place, RETRY_SECONDS);
    });
  }

  /** Run a command of the palette. */
  async runCommand(title: string): Promise<void> {
    await this.useQuickInput("F1", `>${title}`, async () => {
      await this.choose(title, RETRY_SECONDS);
      return true;
    });
  }

  /**
   * Open the input at the top by `key`, fill it and go on, again until that succeeds: while it
   * starts, VS Code does not hear the key, or closes the input.
   */
  private async useQuickInput(
    key: string,
    text: string,
    goOn: () => Promise<boolean>,
  ): Promise<void> {
    const input = this.page.locator(".quick-input-widget input");
    await until(`the input of ${key} with ${text}`, EDITOR_SECONDS, async () => {
      try {
        await this.page.keyboard.press("Escape");
        await this.page.keyboard.press(key);
        await input.fill(text, { timeout: RETRY_SECONDS * 1000 });
        return await goOn();
      } catch (error) {
        if (error instanceof errors.TimeoutError) {
          return false;
        }
        throw error;
      }
    });
  }

  /** Click an entry of the list that is open. */
  async choose(label: string, seconds: number = EDITOR_SECONDS): Promise<void> {
    const entries = this.page.locator(".quick-input-list .monaco-list-row", { hasText: label });
    await entries.first().click({ timeout: seconds * 1000 });
  }

  /** The lines of the text that are in view, which VS Code keeps in no particular order. */
  async shownText(): Promise<string> {
    const lines = this.page.locator(".monaco-editor .view-lines").first();
    // VS Code shows blanks as no-break spaces.
    return ((await lines.textContent()) ?? "").replaceAll("\u00a0", " ");
  }

  async press(keys: string): Promise<void> {
    await this.page.keyboard.press(keys);
  }

  /** An item of the status bar, by what it shows. */
  private statusItem(text: RegExp): Locator {
    return this.page.locator(".part.statusbar .statusbar-item", { hasText: text }).first();
  }

  /** What the extension's item in the status bar shows: its icon's name, and its text. */
  async extensionStatus(): Promise<string> {
    const item = this.extensionItem();
    const icon = await item.locator(".codicon").first().getAttribute("class");
    const name = /codicon-([\w-]+)/.exec(icon ?? "")?.[1] ?? "";
    return `${name} ${(await item.textContent())?.trim()}`;
  }

  /** The extension's item in the status bar. */
  extensionItem(): Locator {
    return this.statusItem(/stepcheck/);
  }

  /** Wait until the extension shows `status`, such as `check stepcheck`. */
  async waitForStatus(status: string, seconds: number): Promise<void> {
    await until(`the status ${status}`, seconds, async () =>
      (await this.extensionStatus()) === status,
    );
  }

  /**
   * Hover where the caret is until the hover matches; return it.
   *
   * Again and again, because a hover that is slow to compute first says that work goes on.
   */
  async hoverAtCaret(expected: RegExp, seconds: number): Promise<Locator> {
    const caret = await this.page.locator(".monaco-editor.focused .cursor").first().boundingBox();
    if (caret === null) {
      throw new Error("There is no caret to hover over");
    }
    const hover = this.page.locator(".monaco-hover:visible");
    const wanted = hover.filter({ hasText: expected }).first();
    return await until(`a hover that says ${expected}`, seconds, async () => {
      await this.page.mouse.move(caret.x + 300, caret.y + 300);
      await until("the last hover to go", EDITOR_SECONDS, async () => (await hover.count()) === 0);
      await this.page.mouse.move(caret.x + 3, caret.y + caret.height / 2, { steps: 3 });
      return (await appears(wanted, 15)) && wanted;
    });
  }

  /** Open the list of code actions at the caret until an entry matches; return the entry. */
  async codeActionAtCaret(expected: RegExp, seconds: number): Promise<Locator> {
    const entry = this.page
      .locator(".action-widget .monaco-list-row.action", { hasText: expected })
      .first();
    return await until(`a code action ${expected}`, seconds, async () => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Control+.");
      return (await appears(entry, 25)) && entry;
    });
  }

  /** Save a screenshot of a part of the window, or of all of it; return the file. */
  async saveScreenshot(name: string, area?: Area): Promise<string> {
    const file = path.join(this.screenshots, `${name}.png`);
    await this.page.screenshot({ path: file, ...(area && { clip: area }) });
    return file;
  }
}

/** Whether something is shown within `seconds`. */
export async function appears(locator: Locator, seconds: number): Promise<boolean> {
  return await locator.waitFor({ timeout: seconds * 1000 }).then(
    () => true,
    () => false,
  );
}
