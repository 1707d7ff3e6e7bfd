import { api } from '../core/api.js';
import { choiceButtons, choiceOf, isElsewhere } from '../core/choices.js';
import { button, fill, h } from '../core/dom.js';
import { renderMarkdown } from '../core/markdown.js';
import { nearCall } from '../core/same-call.js';
import { words } from '../core/words.js';

const W = words.choice;

/** Two answers side by side, while they come and once they stand. */
export function pairView(texts, { live = false, chosen = null } = {}) {
  const bodies = ['a', 'b'].map((side) => {
    const body = h('div.markdown');
    renderMarkdown(body, texts[side]);
    return body;
  });
  const sides = bodies.map((body, i) => {
    const side = 'ab'[i];
    const state = chosen === side ? 'chosen' : chosen === 'a' || chosen === 'b' ? 'passed' : null;
    return h('section.side', { class: state, 'aria-label': i ? W.right : W.left }, h('h3', i ? W.right : W.left), body);
  });
  return {
    root: h('div.sides', { 'aria-busy': live ? 'true' : null }, sides),
    update: (now) => bodies.forEach((body, i) => renderMarkdown(body, now['ab'[i]], { copyButtons: false })),
  };
}

/** Where the user chooses: by click, or by key wherever the cursor is not in a text. */
export function choiceBar(turn, { decided, skipped }) {
  // focused when both answers stand, so that keys choose; a button would turn a stray Enter into a vote
  const root = h('div.choice', { role: 'group', tabindex: '-1', 'aria-label': W.title });
  if (turn.identical) {
    fill(root, h('p', W.same), button(W.skip, skipped));
    return { root, end: () => {} };
  }
  let busy = false;
  const said = (choice) => ({ pair_id: turn.pairId, choice });
  const line = nearCall();
  const buttons = choiceButtons(vote, line, (choice) => ['POST', '/preferences', said(choice)]);
  const error = h('p.error', { role: 'alert', hidden: true });
  fill(root, h('h3', W.title), h('div.actions', buttons, button(W.skip, skipped, { kind: 'plain' })),
    h('p.soft.keys', W.keys), line.root, error);
  document.addEventListener('keydown', onKey);

  function onKey(event) {
    const choice = choiceOf(event.key);
    if (!choice || isElsewhere(event)) return;
    event.preventDefault();
    vote(choice);
  }

  async function vote(choice) {
    if (busy) return;
    busy = true;
    buttons.forEach((b) => { b.disabled = true; });
    try {
      const row = await api.post('/preferences', said(choice));
      end();
      decided(choice, row);
    } catch (failed) {
      busy = false;
      buttons.forEach((b) => { b.disabled = false; });
      error.hidden = false;
      fill(error, failed.message);
    }
  }

  function end() {
    document.removeEventListener('keydown', onKey);
  }
  return { root, end, focus: () => root.focus({ preventScroll: true }) };
}
