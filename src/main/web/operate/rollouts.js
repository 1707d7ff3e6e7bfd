import { api } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { figure, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { empty, link, pending, source, table, tag, words2 } from './parts.js';

const W = words.rollouts;
const PATH = '/rollouts?limit=100';

/** All rollouts, those that wait first. */
export function render(root) {
  const list = pending();
  fill(root, h('div.head', h('h1', W.title)), list);
  return poll(async () => {
    const { items } = await api.get(PATH);
    fill(list, items.length ? table([
      { head: W.version, nowrap: true, cell: (r) => link('rollout', r.id, r.policy) },
      { head: W.against, cell: (r) => r.champion },
      { head: W.status, cell: (r) => tag(r.status) },
      { head: words.learning.wins, number: true, cell: (r) => r.duel.wins },
      { head: words.learning.losses, number: true, cell: (r) => r.duel.losses },
      { head: words.learning.evidence, number: true, cell: (r) => figure(r.duel.evidence) },
      { head: W.began, nowrap: true, cell: (r) => when(r.created_at) },
      { head: W.why, text: true, cell: (r) => words2(r.reason) },
    ], items, W.title) : empty(W.empty, h('a', { href: '#/runs' }, words.nav.runs)), source(PATH));
  }, { live: true });
}
