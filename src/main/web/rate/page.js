import { api } from '../core/api.js';
import { choiceOf, isElsewhere } from '../core/choices.js';
import { button, fill, h } from '../core/dom.js';
import { count, figure } from '../core/format.js';
import { sameCall } from '../core/same-call.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';
import { undoCall } from '../chat/undo.js';
import { guidelinesCard } from './guidelines.js';
import { routeLink, source } from '../operate/parts.js';
import { deskView } from './pair.js';

const W = words.rate;
const C = words.choice;
const GONE = [404, 409, 410];

/** Pairs of others, one after another; which answer stands left is drawn anew for each rater. */
export async function render(root, { session }) {
  root.classList.add('rating');
  const overlap = h('select', [1, 2, 3].map((n) => h('option', { value: n }, n)));
  const tagField = h('input', { type: 'text', maxlength: '200', autocomplete: 'off' });
  const filter = h('form.fields', { onsubmit: refilter }, h('label', W.overlap, overlap), h('label', W.filterTag, tagField),
    h('button', { type: 'submit' }, W.filterGo));
  const host = h('div');
  const numbers = h('p.soft', { role: 'status' });
  const operator = session.roles.includes('operator');
  /** What was leased but set aside for a vote that was taken back. */
  const aside = [];
  let pair = null;
  let desk = null;
  let last = null;
  let busy = false;
  const undoLine = sameCall(() => undoCall(last.id), C.undo);
  undoLine.root.hidden = true;
  fill(root, h('div.head', h('h1', W.title)), h('p', W.intro),
    h('div.desk', h('div', filter, host, undoLine.root, numbers, source('/progress', '/preferences/summary')), guidelinesCard(session)));
  document.addEventListener('keydown', onKey);
  await next();

  function refilter(event) {
    event.preventDefault();
    next().catch((failed) => toast(failed.message, 'bad'));
  }

  async function next() {
    const query = new URLSearchParams({ overlap: overlap.value });
    if (tagField.value.trim()) query.set('tag', tagField.value.trim());
    show(aside.pop() ?? await api.get('/preferences/next?' + query));
    await drawNumbers();
  }

  function show(found) {
    desk?.end();
    desk = null;
    pair = found;
    if (!pair) {
      fill(host, h('div.empty', h('h2', W.emptyTitle), h('p', W.empty), h('div.actions',
        button(W.again, next, { kind: 'primary' }), h('a', { href: '#/chat' }, W.toChat))));
      return;
    }
    pair.sides ??= Math.random() < 0.5 ? ['a', 'b'] : ['b', 'a'];
    desk = deskView(pair, pair.sides, { vote, skip, voteOf, skipOf });
    fill(host, desk.root);
  }

  async function drawNumbers() {
    const [progress, summary] = await Promise.all([api.get('/progress'), api.get('/preferences/summary')]);
    const { mine, all } = progress;
    fill(numbers, `${W.mine(count(mine.votes), count(mine.last_day))} · ${W.all(count(all.votes), count(all.waiting))}`
      + ` · ${count(summary.overlap.pairs)} ${W.pairs} · ${W.alpha} ${figure(summary.overlap.alpha)}`);
  }

  /** One call at a time; a pair that is gone makes room for the next. */
  async function alone(call) {
    if (busy || !pair) return;
    busy = true;
    try {
      await call();
    } catch (failed) {
      toast(failed.message, 'bad');
      if (GONE.includes(failed.status)) await next().catch(() => {});
    } finally {
      busy = false;
    }
  }

  function choiceFor(which) {
    return { a: pair.sides[0], b: pair.sides[1] }[which] ?? which;
  }

  function voteOf(which, { comment, tags }) {
    return ['POST', '/preferences', {
      pair_id: pair.pair_id, choice: choiceFor(which), user: session.key, ...(comment && { comment }), ...(tags.length && { tags }) }];
  }

  function skipOf(reason) {
    return ['POST', `/preferences/next/${encodeURIComponent(pair.pair_id)}/skip`, { reason }];
  }

  function vote(which) {
    return alone(async () => {
      const { sides } = pair;
      const choice = choiceFor(which);
      const [, path, body] = voteOf(which, desk.said());
      const row = await api.post(path, body);
      last = { pair, id: row.preference_id, until: Date.now() + 1000 * (session.undo_seconds ?? 0) };
      undoLine.root.hidden = !session.undo_seconds;
      undoLine.show();
      const seen = row.policies && operator ? ` · ${C.versions(row.policies[sides[0]], row.policies[sides[1]])}` : '';
      const agreed = await agreement(pair.pair_id, choice);
      toast([C.thanks[which], agreed, seen], 'good',
        session.undo_seconds ? { label: C.undo, run: undo, seconds: session.undo_seconds } : null);
      await next();
    });
  }

  /** How many of the others who judged the pair chose the same; nothing when nobody did. */
  async function agreement(id, choice) {
    try {
      const path = `/preferences?pair=${encodeURIComponent(id)}&limit=20`;
      const { items } = await api.get(path);
      const others = items.filter((row) => row.user !== session.key);
      if (!others.length) return null;
      const same = others.filter((row) => row.choice === choice).length;
      return [' · ', routeLink(path, W.agreed(same, others.length))];
    } catch (failed) {
      if (!failed.status) throw failed;
      return null;
    }
  }

  async function undo() {
    if (!last || last.until < Date.now()) return;
    const taken = last;
    last = null;
    undoLine.root.open = false;
    undoLine.root.hidden = true;
    try {
      const [, path] = undoCall(taken.id);
      await api.del(path);
    } catch (failed) {
      toast(failed.message, 'bad');
      return;
    }
    // still this rater's by its lease
    if (pair) aside.push(pair);
    show(taken.pair);
    toast(C.undone, 'good');
    await drawNumbers().catch(() => {});
  }

  function skip() {
    return alone(async () => {
      const [, path, body] = skipOf(desk.reason());
      await api.post(path, body);
      toast(W.skipped, 'good');
      await next();
    });
  }

  function onKey(event) {
    if (isElsewhere(event)) return;
    if (event.key === 'u') undo();
    if (!pair) return;
    if (event.key === 'd') desk.differences();
    if (event.key === 's') skip();
    const which = choiceOf(event.key);
    if (!which) return;
    event.preventDefault();
    vote(which);
  }

  return () => {
    desk?.end();
    document.removeEventListener('keydown', onKey);
  };
}
