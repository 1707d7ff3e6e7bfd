import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { words } from '../core/words.js';

const W = words.choice;

/** Seconds for which a vote can still be taken back. */
export function undoLeft(turn, session) {
  if (!turn.votedAt || !turn.preferenceId) return 0;
  return Math.max(0, Math.ceil((turn.votedAt + 1000 * (session.undo_seconds ?? 0) - Date.now()) / 1000));
}

/** The call that takes a vote back. */
export function undoCall(preferenceId) {
  return ['DELETE', '/preferences/' + encodeURIComponent(preferenceId)];
}

/** Takes a vote back. */
export async function takeBack(turn) {
  const [, path] = undoCall(turn.preferenceId);
  await api.del(path);
  turn.choice = null;
  turn.preferenceId = null;
  turn.votedAt = null;
  turn.versions = null;
}

/** A button that counts down the time in which a vote can be taken back; over() when it has run out. */
export function undoButton(turn, session, { undo, over }) {
  const label = h('span', W.undo);
  const left = h('span', { 'aria-hidden': 'true' });
  const root = button([label, ' ', left], undo, { kind: 'small' });
  const tick = () => {
    const seconds = undoLeft(turn, session);
    fill(left, words.common.seconds(seconds));
    if (seconds > 0) return;
    clearInterval(timer);
    if (root.isConnected) over();
  };
  const timer = setInterval(tick, 500);
  tick();
  return { root, end: () => clearInterval(timer) };
}
