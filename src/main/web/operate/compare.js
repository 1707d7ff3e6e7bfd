import { api } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { figure } from '../core/format.js';
import { renderMarkdown } from '../core/markdown.js';
import { sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { championOf, empty, source, tag } from './parts.js';

const W = words.compare;
const SEED = 7;
const AT_ONCE = 8;

/** Two versions on one prompt, and what each token is worth to them. */
export async function render(root) {
  const { items } = await api.get('/policies?limit=200');
  const champion = championOf(items);
  const left = select(items, 'v0');
  const right = select(items, champion === 'v0' ? items[0].version : champion);
  const prompt = h('textarea', { rows: '3', required: true });
  const tokens = h('input', { type: 'number', min: '1', max: '512', value: '96' });
  const go = h('button.primary', { type: 'submit' }, W.go);
  const error = h('p.error', { role: 'alert', hidden: true });
  const result = h('div.sides');
  const asked = () => [{ role: 'user', content: prompt.value }];
  const answerCall = (choice) => ['POST', '/generate',
    { messages: asked(), policy: choice.value, seed: SEED, max_tokens: Number(tokens.value) }];
  const line = sameCall(() => [left, right].map(answerCall));
  const form = h('form.card.section', { onsubmit: compare, oninput: line.show },
    h('label', W.prompt, prompt),
    h('div.fields', h('label', W.left, left), h('label', W.right, right), h('label', W.tokens, tokens), go), line.root, error);
  fill(root, h('div.head', h('h1', W.title)), h('p', W.intro), form, result, h('p.soft', W.legend), source('/policies?limit=200'));
  fill(result, empty(W.empty));

  async function compare(event) {
    event.preventDefault();
    go.disabled = true;
    error.hidden = true;
    const messages = asked();
    fill(result, [left, right].map((choice) => h('section.side', h('h3', choice.value), h('p.soft', words.common.loading))));
    const texts = new Map();
    try {
      for (const [i, choice] of [left, right].entries()) {
        const [, path, body] = answerCall(choice);
        const answer = await api.post(path, body);
        const scoreCall = ['POST', '/score', { messages, completion: answer.completion.text, policy: answer.policy }];
        const score = await api.post(scoreCall[1], scoreCall[2]);
        result.children[i].replaceWith(await view(answer, score, texts, scoreCall));
      }
    } catch (failed) {
      error.hidden = false;
      fill(error, failed.message);
    }
    go.disabled = false;
  }
}

function select(items, chosen) {
  const list = h('select', items.map((p) => h('option', { value: p.version }, p.version)));
  list.value = chosen;
  return list;
}

async function view(answer, score, texts, scoreCall) {
  const text = h('div.markdown');
  renderMarkdown(text, answer.completion.text);
  return h('section.side', { 'aria-label': answer.policy },
    h('h3', answer.policy, ' ', tag(answer.completion.finish_reason)), text,
    h('p.soft', W.reward(figure(score.reward))), await heatMap(score, texts),
    sameCall(() => scoreCall, scoreCall[1]).root);
}

async function heatMap(score, texts) {
  const beta = score.logp === score.reference_logp ? 0 : score.reward / (score.logp - score.reference_logp);
  await addTexts(texts, score.completion_ids);
  return h('p.heat.mono', { dir: 'auto' }, score.completion_ids.map((id, i) => {
    const reward = beta * (score.logps[i] - score.reference_logps[i]);
    return h('span', { class: shade(reward), title: figure(reward) }, texts.get(id));
  }));
}

function shade(reward) {
  const size = Math.abs(reward);
  const step = size > 0.3 ? 3 : size > 0.1 ? 2 : size > 0.02 ? 1 : 0;
  return step ? (reward > 0 ? 'p' : 'n') + step : null;
}

/** Adds the texts of tokens that are not known yet, a few calls at a time. */
async function addTexts(texts, ids) {
  const wanted = [...new Set(ids)].filter((id) => !texts.has(id));
  for (let i = 0; i < wanted.length; i += AT_ONCE) {
    await Promise.all(wanted.slice(i, i + AT_ONCE).map(async (id) => {
      texts.set(id, (await api.post('/detokenize', { ids: [id] })).text);
    }));
  }
}
