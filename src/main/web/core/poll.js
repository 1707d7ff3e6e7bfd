/** Calls a function now (unless it has just run) and every few seconds, while the page is seen; returns what ends it. */
export function poll(run, { seconds = 5, ran = false } = {}) {
  let timer = null;
  let ended = false;
  const next = async () => {
    timer = null;
    if (ended) return;
    if (!document.hidden) {
      try {
        await run();
      } catch (failed) {
        // the banner says that the gateway is away; the next turn tries again
        if (!failed.status && failed.code !== 'away') console.warn(failed);
      }
    }
    if (!ended) later();
  };
  const later = () => { timer = setTimeout(next, seconds * 1000); };
  const seen = () => {
    if (!document.hidden && timer) {
      clearTimeout(timer);
      next();
    }
  };
  document.addEventListener('visibilitychange', seen);
  document.addEventListener('gateway-back', seen);
  if (ran) later();
  else next();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
    document.removeEventListener('gateway-back', seen);
  };
}
