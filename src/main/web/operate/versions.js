import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { percent, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { actions } from './actions.js';
import { championOf, empty, link, pending, section, source, table, tag, words2 } from './parts.js';

const W = words.versions;
const POLICIES = '/policies?limit=200';
const LINE = '/audit?subject=policy&limit=1000';
const CHANGES = ['promote', 'rollback'];

/** Every version with its lineage, and who was champion when and why. */
export function render(root) {
  const list = pending();
  const line = pending();
  fill(root, h('div.head', h('h1', W.title)), h('div.section', list), section(W.line, line));

  async function refresh() {
    const [policies, audit] = await Promise.all([api.get(POLICIES), api.get(LINE)]);
    const champion = championOf(policies.items);
    fill(list, versionTable(policies.items, champion, refresh),
      policies.items.length === 1 && empty(W.onlyBase, h('a', { href: '#/runs' }, words.nav.runs)), source(POLICIES));
    const changes = audit.items.filter((row) => CHANGES.includes(row.action));
    fill(line, changes.length ? timeline(changes) : h('p.soft', W.lineEmpty), source(LINE));
  }
  return poll(refresh, { live: true });
}

function versionTable(items, champion, refresh) {
  const then = async (made) => { if (await made) await refresh(); };
  return table([
    { head: W.version, nowrap: true, cell: (p) => h('span', h('strong', p.version), ' ', p.aliases.map((a) => h('span.tag.accent', a))) },
    { head: W.status, cell: (p) => h('span', { title: p.status_reason }, tag(p.rolled_back_at ? 'rolled_back' : p.status)) },
    { head: W.parent, cell: (p) => p.parent ?? '–' },
    { head: W.by, nowrap: true, cell: (p) => link('run', p.run_id) },
    { head: W.made, nowrap: true, cell: (p) => when(p.created_at) },
    { head: W.over, number: true, cell: (p) => (p.win_rate_over_v0
      ? h('span', { title: words.learning.interval(percent(p.win_rate_over_v0.low), percent(p.win_rate_over_v0.high)) }, percent(p.win_rate_over_v0.rate))
      : '–') },
    { head: W.changes, cell: (p) => p.version !== 'v0' && link('changes', p.version, W.changed) },
    { head: W.actions, cell: (p) => p.version !== champion && h('div.actions',
      button(W.promote, () => then(actions.promote(p.version, champion)), { kind: 'small', 'aria-label': `${W.promote} ${p.version}` }),
      button(W.rollBack, () => then(actions.rollBack(p.version, champion)), { kind: 'small', 'aria-label': W.to(p.version) })) },
  ], items, W.title);
}

function timeline(changes) {
  return h('ol.timeline', changes.map((row) => h('li', { class: row.action === 'rollback' ? 'back' : null },
    h('strong', row.action === 'rollback' ? W.rolledBack : W.promoted, ': ', row.version), ' ',
    h('span.soft', when(row.at), ` ${words.common.by} `, words2(row.actor)),
    row.detail.reason && h('div', words2(row.detail.reason)))));
}
