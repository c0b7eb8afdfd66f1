/**
 * Resolves when the event loop has gone round once: what was already decided has then been said. This is no time, so
 * it does not come from the lab's clock, which may stand still.
 */
export { setImmediate as nextTurn } from 'node:timers/promises';
