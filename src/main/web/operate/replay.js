import { api } from '../core/api.js';
import { fill, foreign, h } from '../core/dom.js';
import { clock } from '../core/format.js';
import { sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { empty, facts, table, tag } from './parts.js';

const W = words.replay;

/** Computes a kept answer or pair again. */
export function render(root, { params: [id = ''] }) {
  const name = h('input', { type: 'text', required: true, maxlength: '200', autocomplete: 'off', value: id });
  const go = h('button.primary', { type: 'submit' }, W.go);
  const error = h('p.error', { role: 'alert', hidden: true });
  const result = h('div');
  const call = () => ['POST', `/answers/${encodeURIComponent(name.value.trim())}/replay`, {}];
  const line = sameCall(call);
  const form = h('form.card.section', { onsubmit: run, oninput: line.show }, h('div.fields', h('label', W.id, name), go), line.root, error);
  fill(root, h('div.head', h('h1', W.title)), h('p', W.intro), form, result);
  fill(result, empty(W.empty));
  if (id) form.requestSubmit();

  async function run(event) {
    event.preventDefault();
    const [, path, body] = call();
    go.disabled = true;
    error.hidden = true;
    fill(result, h('p.soft', { role: 'status' }, W.working));
    try {
      fill(result, view(await api.post(path, body)));
    } catch (failed) {
      fill(result);
      error.hidden = false;
      fill(error, failed.message);
    }
    go.disabled = false;
  }
}

function view(replay) {
  return [
    h('div.card.section', facts([
      [W.id, h('span.mono', replay.id)], [W.answered, clock(replay.created_at)],
      [W.result, tag(replay.same ? W.same : W.differs)],
    ])),
    replay.reasons?.length > 0 && h('div.card.section', h('h2', W.why), h('ul', replay.reasons.map((why) => h('li', why)))),
    h('div.sides', replay.answers.map((answer) => h('section.side', { 'aria-label': answer.side ?? answer.policy },
      h('h3', answer.side ? `${answer.side}, ` : '', answer.policy, ' ', tag(answer.same ? W.same : W.differs)),
      h('p.text', foreign(answer.text)),
      !answer.same && [h('p.soft', W.now), h('p.text', foreign(answer.replayed)), difference(answer)]))),
  ];
}

function difference({ first_difference: first }) {
  return first && table([
    { head: W.token, number: true, cell: (f) => f.index },
    { head: W.then, text: true, cell: (f) => foreign(f.kept ?? '–') },
    { head: W.nowToken, text: true, cell: (f) => foreign(f.replayed ?? '–') },
  ], [first], W.differs);
}
