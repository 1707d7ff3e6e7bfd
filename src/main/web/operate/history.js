import { api } from '../core/api.js';
import { lineChart } from '../core/chart.js';
import { fill, h } from '../core/dom.js';
import { poll } from '../core/poll.js';
import { words } from '../core/words.js';
import { empty, pending, source } from './parts.js';

const W = words.learning;
const EVERY = 15;

/** Votes over time, with the share of the left side, of ties and of both bad, and thumbs on single answers. */
export function historySection() {
  const hours = h('select', { 'aria-label': W.hours, onchange: () => refresh() },
    Object.entries(W.spans).map(([value, label]) => h('option', { value }, label)));
  const body = pending();
  const root = h('section.section', { 'aria-label': W.history },
    h('div.head', h('h2', W.history), h('div', hours)), body);
  let charts = [];

  function destroy() {
    charts.forEach((chart) => chart.destroy());
    charts = [];
  }

  async function refresh() {
    const path = `/preferences/history?hours=${hours.value}`;
    const { items: found, seconds } = await api.get(path);
    const items = everyStretch(found, seconds, hours.value);
    if (found.length === 0) {
      destroy();
      fill(body, empty(W.noVotes, h('a', { href: '#/chat' }, words.nav.chat)), source(path));
      return;
    }
    const x = items.map((bucket) => Date.parse(bucket.begins) / 1000 + seconds / 2);
    const share = (of) => items.map((bucket) => (bucket.votes ? (100 * bucket[of]) / bucket.votes : null));
    const number = (of) => items.map((bucket) => bucket[of] ?? 0);
    const counts = [{ label: W.votes, values: number('votes') }, { label: W.up, values: number('up') }, { label: W.down, values: number('down') }];
    const rates = [
      { label: `${W.left} %`, values: share('left') }, { label: `${W.ties} %`, values: share('ties') },
      { label: `${W.bothBad} %`, values: share('both_bad') }];
    if (charts.length) {
      charts[0].update(x, counts);
      charts[1].update(x, rates);
      return;
    }
    charts = [lineChart({ label: W.history, x, series: counts, time: true, height: 176 }),
      lineChart({ label: `${W.left}, ${W.ties}, ${W.bothBad}`, x, series: rates, time: true, height: 176 })];
    fill(body, h('div.grid', charts.map((chart) => h('div.half', chart.element))), source(path));
  }

  return { root, start: () => poll(refresh, { seconds: EVERY }), destroy };
}

/** The stretches without votes stand between those with, so that time runs evenly. */
function everyStretch(found, seconds, hours) {
  const known = new Map(found.map((bucket) => [Date.parse(bucket.begins) / 1000, bucket]));
  const last = Math.floor(Date.now() / 1000 / seconds) * seconds;
  const first = Math.min(last - hours * 3600, ...known.keys());
  const all = [];
  for (let at = first - (first % seconds); at <= last; at += seconds) {
    all.push(known.get(at) ?? { begins: new Date(at * 1000), votes: 0 });
  }
  return all;
}
