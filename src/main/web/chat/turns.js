import { copy } from '../core/copy.js';
import { button, foreign, h } from '../core/dom.js';
import { renderMarkdown } from '../core/markdown.js';
import { nearCall, sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { feedbackBar } from './feedback.js';
import { choiceBar, pairView } from './pair.js';
import { continuing } from './store.js';
import { undoButton, undoCall, undoLeft } from './undo.js';

const W = words.chat;
const FINISH = { length: W.length, cancelled: W.stopped, error: W.failed };

/**
 * One turn of a conversation. actions: {edit, editCall, regenerate, regenerateCall, decided, skipped, undo, changed, redraw,
 * session, last}
 */
export function turnView(turn, actions) {
  if (turn.role === 'user') return userTurn(turn, actions);
  if (turn.role === 'pair') return pairTurn(turn, actions);
  const body = h('div.body.markdown');
  renderMarkdown(body, turn.content || `*${W.empty_answer}*`);
  const line = nearCall();
  const tools = [button(W.copy, () => copy(turn.content), { kind: 'small plain' }),
    actions.last && line.of(button(W.regenerate, actions.regenerate, { kind: 'small plain' }), actions.regenerateCall)];
  return { root: h('div.turn.assistant',
    h('div.who', h('span', W.model), seesVersions(actions) && turn.policy && h('span', W.version(turn.policy)),
      turn.edited ? h('span.tag.accent', words.feedback.edited) : FINISH[turn.finish] && h('span.tag.warn', FINISH[turn.finish])),
    body,
    // a stopped answer has no id, and a text of the user's own needs no thumb
    turn.id && !turn.edited ? feedbackBar(turn, tools, line, actions) : h('div.tools', tools, actions.last && line.root)) };
}

function seesVersions({ session }) {
  return session.roles.includes('operator');
}

function userTurn(turn, actions) {
  const root = h('div.turn.user', h('div.who', W.you));
  const tools = h('div.tools', button(W.edit, edit, { kind: 'small plain' }));
  const body = foreign(turn.content, 'div.body');
  root.append(body, tools);

  function edit() {
    const text = h('textarea', { rows: '3', 'aria-label': W.message });
    text.value = turn.content;
    const line = sameCall(() => actions.editCall(text.value.trim()));
    const form = h('form', { onsubmit: send, oninput: line.show }, text, line.root, h('div.tools',
      h('button.primary.small', { type: 'submit' }, W.editSend),
      button(words.common.cancel, () => form.replaceWith(body, tools), { kind: 'small' })));
    tools.remove();
    body.replaceWith(form);
    text.focus();
    function send(event) {
      event.preventDefault();
      if (text.value.trim()) actions.edit(text.value.trim());
    }
  }
  return { root };
}

function pairTurn(turn, actions) {
  const open = actions.last && !turn.choice;
  const versions = h('span', { hidden: true });
  // which version wrote which side is told once the vote stands
  const stands = () => {
    undo?.root.remove();
    undoLine?.root.remove();
    if (!seesVersions(actions) || !turn.versions) return;
    versions.textContent = words.choice.versions(turn.versions.a, turn.versions.b);
    versions.hidden = false;
  };
  const undo = turn.choice && undoLeft(turn, actions.session) > 0
    ? undoButton(turn, actions.session, { undo: actions.undo, over: stands }) : null;
  const undoLine = undo ? sameCall(() => undoCall(turn.preferenceId), words.choice.undo) : null;
  if (!undo) stands();
  const view = pairView({ a: turn.a.text, b: turn.b.text }, { chosen: turn.choice });
  const bar = open ? choiceBar(turn, actions) : null;
  const said = words.choice.names;
  const again = turn.choice === 'both_bad' ? words.choice.again : W.regenerate;
  const root = h('div.turn.pair',
    h('div.who', h('span', W.model),
      !open && h('span.tag', turn.choice && turn.choice !== 'none' ? said[turn.choice] : words.choice.notChosen),
      versions),
    view.root,
    bar?.root,
    !open && h('div.tools', undo?.root,
      turn.choice !== 'both_bad' && button(W.copy, () => copy(continuing(turn)), { kind: 'small plain' }),
      actions.last && button(again, actions.regenerate, { kind: 'small plain' }),
      undoLine?.root, actions.last && sameCall(actions.regenerateCall, again).root),
    turn.choice === 'both_bad' && actions.last && h('p.soft', words.choice.badNext));
  return { root, bar, undo };
}

/** An answer that is being written: one column, or two equal ones. */
export function liveView(pair) {
  let view;
  let update;
  if (pair) {
    const both = pairView({ a: '', b: '' }, { live: true });
    view = both.root;
    update = both.update;
  } else {
    const body = h('div.body.markdown.caret');
    view = body;
    update = ({ text }) => renderMarkdown(body, text, { copyButtons: false });
  }
  const root = h('div.turn', { 'aria-busy': 'true', 'aria-label': W.writing },
    h('div.who', W.model), view, pair && h('div.choice', h('p.soft', words.choice.wait)));
  return { root, update: paced(update) };
}

/** At most one drawing a frame, however fast the text comes. */
function paced(update) {
  let latest = null;
  return (texts) => {
    const idle = latest === null;
    latest = texts;
    if (idle) {
      requestAnimationFrame(() => {
        const now = latest;
        latest = null;
        update(now);
      });
    }
  };
}
