/** Installs what the browser tests need, and says where it is. */

import { MissingProgram, preparePrograms } from "./programs.ts";
import { readTestEnvironment } from "./environment.ts";

try {
  const { cache, python } = readTestEnvironment();
  const { chromium, codeServer } = preparePrograms(cache, python);
  console.log(`Chromium     ${chromium}\ncode-server  ${codeServer}`);
} catch (error) {
  if (!(error instanceof MissingProgram)) {
    throw error;
  }
  console.error(`browser tests: ${error.message}`);
  process.exit(1);
}
