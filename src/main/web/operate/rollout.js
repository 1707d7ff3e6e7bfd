import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { clock, count, figure, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { actions } from './actions.js';
import { duelChart } from './duel-chart.js';
import { empty, facts, json, link, pending, section, source, table, tag, words2 } from './parts.js';

const W = words.rollouts;

/** One rollout: gate, duel, guard-rails and decisions. */
export async function render(root, { params: [id] }) {
  const path = '/rollouts/' + encodeURIComponent(id);
  const head = h('div');
  const gate = pending();
  const duel = pending();
  const arms = pending();
  const decisions = pending();
  let chart = null;
  fill(root, head, section(W.gate, gate), section(W.duel, duel), section(W.arms, arms), section(W.decisions, decisions));

  async function refresh() {
    const [rollout, line] = await Promise.all([api.get(path), api.get(path + '/evidence')]);
    fill(head, headOf(rollout, path, refresh));
    fill(gate, gateTable(rollout.gate), source(path));
    fill(arms, armTable(rollout.duel), source(path));
    fill(decisions, decisionTable(rollout.decisions), source(path));
    if (!line.items.length) {
      fill(duel, empty(W.noDuel));
    } else if (chart) {
      chart.update(line.items, rollout.duel.threshold);
    } else {
      chart = duelChart(line.items, rollout.duel.threshold);
      fill(duel, chart.element, source(path + '/evidence'));
    }
  }

  await refresh();
  const end = poll(refresh, { ran: true, live: true });
  return () => {
    end();
    chart?.destroy();
  };
}

function headOf(rollout, path, refresh) {
  const d = rollout.duel;
  const stop = async () => { if (await actions.stopRollout(rollout)) await refresh(); };
  return [
    h('div.head', h('h1', `${rollout.policy} ${W.against} ${rollout.champion}`, ' ', tag(rollout.status)),
      !rollout.ended_at && button(W.stop, stop, { kind: 'danger' })),
    h('div.card.section', facts([
      [W.why, words2(rollout.reason)], [words.versions.by, link('run', rollout.run_id)],
      [words.learning.wins, count(d.wins)], [words.learning.losses, count(d.losses)],
      [words.learning.evidence, `${figure(d.evidence)} (${words.learning.threshold} ${figure(d.threshold)})`],
      [W.began, when(rollout.created_at)], [W.ended, when(rollout.ended_at)],
    ]), source(path)),
  ];
}

function gateTable(rows) {
  return rows.length ? table([
    { head: W.criterion, nowrap: true, cell: (r) => r.name.replaceAll('_', ' ') },
    { head: W.number, number: true, cell: (r) => figure(r.number) },
    { head: W.threshold, text: true, cell: (r) => r.threshold },
    { head: W.verdict, cell: (r) => tag(r.verdict) },
  ], rows, W.gate) : empty(W.noGate);
}

function armTable(duel) {
  const rows = ['candidate', 'champion', 'alone'].map((name) => ({ name, ...duel[name] }));
  return table([
    { head: W.arm, nowrap: true, cell: (r) => W.armNames[r.name] },
    { head: W.completions, number: true, cell: (r) => count(r.completions) },
    { head: W.emptyOnes, number: true, cell: (r) => count(r.empty) },
    { head: W.unended, number: true, cell: (r) => count(r.unended) },
    { head: W.errors, number: true, cell: (r) => count(r.errors) },
    { head: W.mean, number: true, cell: (r) => (r.completions ? figure(r.tokens / r.completions) : '–') },
  ], rows, W.arms);
}

function decisionTable(rows) {
  return table([
    { head: words.audit.at, nowrap: true, cell: (r) => clock(r.at) },
    { head: W.status, cell: (r) => tag(r.decision) },
    { head: words.audit.actor, nowrap: true, cell: (r) => words2(r.actor) },
    { head: W.why, text: true, cell: (r) => words2(r.reason) },
    { head: words.audit.detail, text: true, cell: (r) => Object.keys(r.numbers ?? {}).length > 0
      && h('details', h('summary', words.audit.detail), json(r.numbers)) },
  ], rows, W.decisions);
}
