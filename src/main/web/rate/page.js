import { api } from '../core/api.js';
import { choiceButtons, choiceOf, isElsewhere } from '../core/choices.js';
import { button, fill, h } from '../core/dom.js';
import { count, figure } from '../core/format.js';
import { renderMarkdown } from '../core/markdown.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';
import { wordDiff } from './diff.js';

const W = words.rate;
const C = words.choice;

/** Pairs of others, one after another; which answer stands left is drawn anew for each rater. */
export async function render(root, { session }) {
  root.classList.add('rating');
  const overlap = h('select', { 'aria-label': W.overlap }, [1, 2, 3].map((n) => h('option', { value: n }, n)));
  const host = h('div');
  const numbers = h('p.soft');
  let pair = null;
  let sides = ['a', 'b'];
  let timer = null;
  let mine = 0;
  let busy = false;
  let differences = null;
  fill(root, h('div.head', h('h1', W.title), h('label', W.overlap, overlap)), h('p', W.intro), host, numbers);
  document.addEventListener('keydown', onKey);
  await next();

  async function next() {
    clearInterval(timer);
    pair = await api.get('/preferences/next?overlap=' + overlap.value);
    if (!pair) {
      fill(host, h('div.empty', h('h2', W.emptyTitle), h('p', W.empty), h('div.actions',
        button(W.again, next, { kind: 'primary' }), h('a', { href: '#/chat' }, W.toChat))));
    } else {
      sides = Math.random() < 0.5 ? ['a', 'b'] : ['b', 'a'];
      draw();
    }
    await drawNumbers();
  }

  async function drawNumbers() {
    const summary = await api.get('/preferences/summary');
    fill(numbers, `${count(mine)} ${W.mine} · ${count(summary.votes.total)} ${W.all} · ${count(summary.overlap.pairs)} ${W.pairs}`
      + ` · ${W.alpha} ${figure(summary.overlap.alpha)}`);
  }

  function draw() {
    const lease = h('span.tag', { role: 'timer' });
    const texts = sides.map((side) => h('div.markdown'));
    texts.forEach((body, i) => renderMarkdown(body, pair[sides[i]].text));
    const mark = h('input', { type: 'checkbox', onchange: () => showDifferences(mark.checked, texts) });
    differences = () => { mark.checked = !mark.checked; showDifferences(mark.checked, texts); };
    const comment = h('input#rate-comment', { type: 'text', maxlength: '2000', autocomplete: 'off' });
    const tags = h('input#rate-tags', { type: 'text', maxlength: '200', autocomplete: 'off' });
    const prompt = h('div.markdown');
    renderMarkdown(prompt, pair.messages?.map((m) => m.content).join('\n\n') ?? pair.prompt);
    fill(host,
      h('section.card', { 'aria-label': W.prompt }, h('div.meta', h('h2', W.prompt), lease), prompt),
      h('div.sides', texts.map((body, i) => h('section.side', { 'aria-label': i ? C.right : C.left }, h('h3', i ? C.right : C.left), body))),
      h('div.choice', { role: 'group', 'aria-label': C.title }, h('h3', C.title),
        h('div.actions', choiceButtons(vote)),
        h('p.soft', C.keys)),
      h('div.actions', button(W.skip, skip)),
      h('div.fields', h('label', W.comment, comment), h('label', W.tag, tags), h('label.inline', mark, W.diff)));
    const tick = () => {
      const left = Math.floor((new Date(pair.leased_until) - Date.now()) / 1000);
      fill(lease, left > 0 ? W.left(left >= 60 ? `${Math.ceil(left / 60)} min` : `${left} s`) : W.over);
    };
    timer = setInterval(tick, 1000);
    tick();
  }

  function showDifferences(on, texts) {
    const marked = on && wordDiff(pair[sides[0]].text, pair[sides[1]].text);
    texts.forEach((body, i) => {
      body.classList.toggle('diff', Boolean(marked));
      if (!marked) renderMarkdown(body, pair[sides[i]].text);
      else fill(body, h('p.text', { dir: 'auto' }, marked[i].map((w) => (w.only && w.text.trim() ? h(i ? 'ins' : 'del', w.text) : w.text))));
    });
  }

  async function vote(which) {
    if (busy || !pair) return;
    busy = true;
    const choice = { a: sides[0], b: sides[1] }[which] ?? which;
    const comment = document.getElementById('rate-comment').value.trim();
    const tags = document.getElementById('rate-tags').value.split(',').map((t) => t.trim()).filter(Boolean);
    try {
      const row = await api.post('/preferences', {
        pair_id: pair.pair_id, choice, user: session.key, ...(comment && { comment }), ...(tags.length && { tags }) });
      mine++;
      const seen = row.policies && session.roles.includes('operator')
        ? ` · ${C.versions(row.policies[sides[0]], row.policies[sides[1]])}` : '';
      toast(C.thanks[which] + seen, 'good');
      await next();
    } catch (failed) {
      toast(failed.message, 'bad');
      if (failed.status === 410 || failed.status === 409 || failed.status === 404) await next().catch(() => {});
    } finally {
      busy = false;
    }
  }

  async function skip() {
    if (busy || !pair) return;
    busy = true;
    try {
      const reason = document.getElementById('rate-comment').value.trim() || W.skip;
      await api.post(`/preferences/next/${pair.pair_id}/skip`, { reason });
      toast(W.skipped, 'good');
      await next();
    } catch (failed) {
      toast(failed.message, 'bad');
      if (failed.status === 404) await next().catch(() => {});
    } finally {
      busy = false;
    }
  }

  function onKey(event) {
    if (!pair || isElsewhere(event)) return;
    if (event.key === 'd') differences();
    const which = choiceOf(event.key);
    if (!which) return;
    event.preventDefault();
    vote(which);
  }

  return () => {
    clearInterval(timer);
    document.removeEventListener('keydown', onKey);
  };
}
