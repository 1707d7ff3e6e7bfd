import { api } from '../core/api.js';
import { lineChart } from '../core/chart.js';
import { button, fill, h } from '../core/dom.js';
import { follow } from '../core/follow.js';
import { count, figure, when } from '../core/format.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { actions } from './actions.js';
import { empty, facts, json, link, source, tag, words2 } from './parts.js';
import { took } from './runs.js';

const W = words.runs;
const REDRAW = 250;
const CURVES = [
  [W.loss, [['train', 'loss'], ['select', 'eval_loss']]],
  [W.margins, [['train', 'rewards/margins'], ['select', 'eval_rewards/margins']]],
  [W.accuracies, [['train', 'rewards/accuracies'], ['select', 'eval_rewards/accuracies']]],
  [W.kl, [['select', 'eval_kl'], [W.own, 'policy_kl']]],
  [W.length, [['train', 'length_ratio'], ['select', 'eval_length_ratio']]],
  [W.rate, [[W.rate, 'learning_rate']]],
];

/** One run, with its curves as they grow. */
export async function render(root, { params: [id] }) {
  const path = '/training/runs/' + encodeURIComponent(id);
  const steps = [];
  const head = h('div');
  const curves = h('div.grid');
  let charts = null;
  let redraw = null;
  let active = true;
  const drawHead = (run) => {
    active = isActive(run);
    fill(head, headOf(run, path));
  };
  drawHead(await api.get(path));
  fill(root, head, h('div.section', curves));
  fill(curves, empty(W.noSteps));
  const unfollow = follow(path + '/events', onEvent);
  // events tell steps and the end; that it began, and what it took, is the run's own to say
  const endPoll = poll(async () => { if (active) drawHead(await api.get(path)); }, { ran: true });

  function onEvent(name, data) {
    if (name === 'done') {
      drawHead(data);
      return true;
    }
    if (!steps.length || data.step > steps.at(-1).step) {
      steps.push(data);
      redraw ??= setTimeout(draw, REDRAW);
    }
    return false;
  }

  function draw() {
    redraw = null;
    const x = steps.map((s) => s.step);
    const seriesOf = (lines) => lines
      .map(([label, name]) => ({ label, values: steps.map((s) => s.metrics[name] ?? null) }));
    if (charts) {
      charts.forEach((chart, i) => chart.update(x, seriesOf(CURVES[i][1])));
      return;
    }
    charts = CURVES.map(([title, lines]) => lineChart({ label: title, x, series: seriesOf(lines), xLabel: W.step, height: 192 }));
    fill(curves, charts.map((chart, i) => h('section.card.half', h('h3', CURVES[i][0]), chart.element)), h('div', source(path + '/events')));
  }

  return () => {
    endPoll();
    unfollow();
    clearTimeout(redraw);
    charts?.forEach((chart) => chart.destroy());
  };
}

function isActive(run) {
  return run.status === 'queued' || run.status === 'running';
}

function headOf(run, path) {
  const active = isActive(run);
  return [
    h('div.head', h('h1', run.policy ? `${W.id} → ${run.policy}` : W.id, ' ', tag(run.status)),
      active && button(W.stop, () => actions.stopRun(run.id), { kind: 'danger' })),
    h('div.card.section',
      facts([
        [W.id, h('span.mono', run.id)],
        [W.why, words2(run.reason)], [W.trigger, `${run.trigger}, ${run.requested_by}`],
        [W.parent, run.parent ?? '–'], [W.pairs, count(run.pairs)], [W.selectPairs, count(run.held_out)],
        [W.began, when(run.started_at ?? run.created_at)], [W.took, took(run)],
        [W.step, figure(run.metrics.step)],
        run.policy && [W.rollout, link('rollout', run.id.replace(/^run_/, 'rollout_'))],
      ]),
      h('details', h('summary', W.config), json(run.config)),
      h('details', h('summary', W.metrics), json(run.metrics)),
      source(path)),
  ];
}
