import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { count, figure, percent, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { actions } from './actions.js';
import { duelChart } from './duel-chart.js';
import { gatewaysSection } from './gateways.js';
import { historySection } from './history.js';
import { empty, facts, interval, link, pending, section, source, tag, words2 } from './parts.js';

const W = words.learning;

/** What serves, what the learning waits for, and how the duel stands. */
export async function render(root) {
  const hero = pending('div.card.hero');
  const cards = h('div.grid');
  const duel = pending();
  const gateways = gatewaysSection();
  const history = historySection();
  let chart = null;
  let duelOf = null;
  let serving = null;
  const changesOf = (version) => `/audit?version=${encodeURIComponent(version)}&subject=policy`;
  fill(root, h('div.head', h('h1', W.title)),
    h('div.section', hero), h('div.section', cards), section(W.duel, duel), history.root, gateways.root);

  async function refresh() {
    const [learning, champion, policies] = await Promise.all([
      api.get('/learning'), api.get('/policies/champion'), api.get('/policies?limit=1'),
    ]);
    if (champion.version !== serving?.version) serving = await servingSince(champion, changesOf(champion.version));
    drawHero(learning, champion, serving.since);
    fill(cards, poolCard(learning), overCard(learning), watchCard(learning), lastCard(learning));
    await Promise.all([gateways.update(policies), drawDuel(learning)]);
  }

  function drawHero(learning, champion, since) {
    const then = async (made) => { if (await made) await refresh(); };
    hero.classList.toggle('paused', learning.paused !== null);
    fill(hero,
      h('div.head', h('div',
        h('p.big', champion.version, ' ', W.serves),
        h('p.soft', `${W.since} `, when(since))),
      h('div.actions',
        learning.paused
          ? button(W.resume, () => then(actions.resume()), { kind: 'primary' })
          : button(W.pause, () => then(actions.pause())),
        button(W.run, () => then(actions.startRun())))),
      h('h2', learning.paused ? W.paused(learning.paused.actor, learning.paused.reason) : W.waiting),
      !learning.paused && h('p', words2(learning.waiting_for)),
      source('/learning', '/policies/champion', changesOf(champion.version)));
  }

  async function drawDuel(learning) {
    if (!learning.duel || !learning.candidate) {
      chart?.destroy();
      chart = duelOf = null;
      fill(duel, learning.candidate
        ? h('p', tag(learning.candidate.status), ' ', link('rollout', learning.candidate.rollout_id, learning.candidate.version), ' ', words2(learning.candidate.reason))
        : empty(W.noDuel), source('/learning'));
      return;
    }
    const path = `/rollouts/${encodeURIComponent(learning.candidate.rollout_id)}/evidence`;
    const line = await api.get(path);
    const d = learning.duel;
    const numbers = facts([
      [W.candidate, link('rollout', learning.candidate.rollout_id, learning.candidate.version)],
      [W.wins, count(d.wins)], [W.losses, count(d.losses)],
      [W.evidence, `${figure(d.evidence)} (${W.threshold} ${figure(d.threshold)})`],
    ]);
    if (chart && duelOf === learning.candidate.rollout_id) {
      duel.firstElementChild.replaceWith(numbers);
      chart.update(line.items, d.threshold);
      return;
    }
    chart?.destroy();
    duelOf = learning.candidate.rollout_id;
    chart = duelChart(line.items, d.threshold);
    fill(duel, numbers, chart.element, source('/learning', path));
  }

  const ends = [poll(refresh, { live: true }), history.start()];
  return () => {
    ends.forEach((end) => end());
    chart?.destroy();
    history.destroy();
  };
}

/** When a version became champion: its newest change in the audit log, or its beginning. */
async function servingSince({ version, created_at: made }, changes) {
  const audit = await api.get(changes);
  const change = audit.items.find((row) => ['promote', 'rollback'].includes(row.action));
  return { version, since: change?.at ?? made };
}

function poolCard({ pool, next_run_at_votes: next, run, next_run: plan }) {
  return h('section.card.half', h('h2', W.pool),
    h('p.big', count(pool.usable), ' ', h('span.soft', W.poolUsable)),
    next ? h('meter', { min: '0', max: String(next), value: String(Math.min(pool.usable, next)), 'aria-label': W.nextAt(next) }) : null,
    h('p.soft', next ? W.nextAt(next) : W.noTrigger, plan ? ` · ${plan.note}` : ''),
    facts([
      [W.train, count(pool.train)], [W.select, count(pool.select)], [W.gate, count(pool.gate)],
      [W.sincePromotion, count(pool.new_since_promotion)],
      run && [W.lastRuns, h('span', tag(run.status), ' ', link('run', run.id))],
    ]), source('/learning'));
}

function overCard({ win_rate_over_v0: over }) {
  return h('section.card.half', h('h2', W.over),
    over
      ? [h('p.big', percent(over.rate)), interval(over),
        h('p.soft', `${W.interval(percent(over.low), percent(over.high))}; ${count(over.votes)} ${W.votes}`)]
      : h('p.soft', W.overNone),
    source('/learning'));
}

function watchCard({ watch }) {
  return h('section.card.half', h('h2', W.watch),
    watch
      ? facts([
        [words.rollouts.against, watch.against], [W.wins, count(watch.wins)], [W.losses, count(watch.losses)],
        [W.evidence, `${figure(watch.evidence)} (${W.threshold} ${figure(watch.threshold)})`]])
      : h('p.soft', W.noWatch),
    source('/learning'));
}

function lastCard({ last_decision: last }) {
  if (!last) return h('section.card.half', h('h2', W.last), h('p.soft', W.noLast), source('/learning'));
  const kind = last.about.startsWith('rollout_') ? 'rollout' : last.about.startsWith('run_') ? 'run' : null;
  return h('section.card.half', h('h2', W.last),
    h('p', tag(last.decision), ' ', kind ? link(kind, last.about) : last.about, ' ', h('span.soft', when(last.at))),
    h('p', words2(last.reason)), source('/learning'));
}
