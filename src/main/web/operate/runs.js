import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { count, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { actions } from './actions.js';
import { empty, link, pending, source, table, tag, words2 } from './parts.js';

const W = words.runs;
const PATH = '/training/runs?limit=100';

export function took(run) {
  if (!run.started_at) return '–';
  const seconds = (new Date(run.finished_at ?? Date.now()) - new Date(run.started_at)) / 1000;
  return seconds < 90 ? words.common.seconds(Math.round(seconds)) : words.common.minutes(Math.round(seconds / 60));
}

/** All training runs. */
export function render(root) {
  const list = pending();
  const start = () => button(W.start, async () => { if (await actions.startRun()) await refresh(); });
  fill(root, h('div.head', h('h1', W.title), start()), list);

  async function refresh() {
    const { items } = await api.get(PATH);
    fill(list, items.length ? table([
      { head: W.id, nowrap: true, cell: (r) => link('run', r.id) },
      { head: W.status, cell: (r) => tag(r.status) },
      { head: W.policy, cell: (r) => r.policy ?? '–' },
      { head: W.pairs, number: true, cell: (r) => count(r.pairs) },
      { head: W.trigger, cell: (r) => r.trigger },
      { head: W.began, nowrap: true, cell: (r) => when(r.started_at ?? r.created_at) },
      { head: W.took, number: true, cell: took },
      { head: W.why, text: true, cell: (r) => words2(r.reason) },
    ], items, W.title) : empty(W.empty), source(PATH));
  }
  return poll(refresh, { live: true });
}
