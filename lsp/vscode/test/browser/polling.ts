/** Polling: waiting until a condition holds, instead of for a fixed time. */

import { setTimeout as pause } from "node:timers/promises";

const POLL_MILLISECONDS = 200;

/** Ask until the answer is neither `undefined` nor `false`; throw after `seconds`. */
export async function until<Answer>(
  what: string,
  seconds: number,
  ask: () => Promise<Answer | undefined | false>,
): Promise<Answer> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`After ${seconds} s still waiting for ${what}`);
    }
    await pause(POLL_MILLISECONDS);
  }
}
