import { busy } from './busy.js';
import { follow } from './follow.js';

/** Milliseconds between two runs that events ask for. */
const PACE = 1000;

/**
 * Calls a function now (unless it has just run) and every few seconds, while the page is seen; live: also when something
 * was decided, a run moved or votes came in. Returns what ends it.
 */
export function poll(run, { seconds = 5, ran = false, live = false } = {}) {
  let timer = null;
  let ended = false;
  let asked = false;
  let last = 0;
  let first = !ran;
  const next = async () => {
    timer = null;
    if (ended) return;
    asked = false;
    if (!document.hidden) {
      try {
        await (first ? busy(run) : run());
        first = false;
      } catch (failed) {
        // the banner says that the gateway is away; the next turn tries again
        if (!failed.status && failed.code !== 'away') console.warn(failed);
      }
    }
    last = Date.now();
    if (!ended) later();
  };
  const later = () => { timer = setTimeout(next, asked ? Math.max(0, last + PACE - Date.now()) : seconds * 1000); };
  const hurry = () => {
    if (asked) return;
    asked = true;
    if (!timer) return;
    clearTimeout(timer);
    later();
  };
  const seen = () => {
    if (!document.hidden && timer) {
      clearTimeout(timer);
      next();
    }
  };
  document.addEventListener('visibilitychange', seen);
  document.addEventListener('gateway-back', seen);
  const unfollow = live ? follow('/events', hurry) : () => {};
  if (ran) later();
  else next();
  return () => {
    ended = true;
    unfollow();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
    document.removeEventListener('gateway-back', seen);
  };
}
