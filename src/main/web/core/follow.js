// A stream of server-sent events that is taken up again when it breaks off.
import { api } from './api.js';

const RECONNECT = 3000;

/** Calls onEvent(name, data) for each event until it answers true; returns what ends it before. */
export function follow(path, onEvent) {
  const controller = new AbortController();
  const { signal } = controller;
  listen();
  return () => controller.abort();

  async function listen() {
    let done = false;
    while (!done && !signal.aborted) {
      try {
        await api.stream('GET', path, { signal, onEvent(name, data) { done = onEvent(name, data) === true || done; } });
      } catch (failed) {
        // gone, or not for this session; everything else passes
        if (failed.name === 'AbortError' || [401, 403, 404].includes(failed.status)) return;
      }
      if (!done) await new Promise((resolve) => { setTimeout(resolve, RECONNECT); });
    }
  }
}
