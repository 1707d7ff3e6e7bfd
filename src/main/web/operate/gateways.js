import { api } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, count, duration, figure, when } from '../core/format.js';
import { words } from '../core/words.js';
import { facts, pending, section, source, table, tag, words2 } from './parts.js';

const W = words.learning;
const WINDOW = 60_000;

/** What each gateway serves, and how the engine of the one that answers does. */
export function gatewaysSection() {
  const list = pending();
  const engine = pending();
  const samples = [];
  const root = section(W.gateways, h('div.grid', h('div.half', list), h('div.half', engine)));
  return {
    root,
    async update(policies) {
      fill(list, table([
        { head: W.gateway, cell: (g) => g.gateway },
        { head: W.version, cell: (g) => g.version },
        { head: W.problem, cell: (g) => (g.problem ? words2(g.problem) : tag('ready')), text: true },
        { head: W.seen, cell: (g) => when(g.seen_at), nowrap: true },
      ], policies.gateways, W.gateways), source('/policies?limit=1'));
      const metrics = parseMetrics(await api.text('/q/metrics'));
      const of = (name) => metrics.get('whetstone_engine_' + name) ?? 0;
      const seconds = of('model_seconds_total');
      const [firsts, wait] = recent(samples, [of('first_tokens_total'), of('first_token_seconds_total')]);
      fill(engine, h('h3', W.engine), facts([
        [W.decode, seconds ? figure(of('decoded_tokens_total') / seconds) : '–'],
        [W.firstToken, firsts > 0 ? duration(wait / firsts) : '–'],
        [W.running, `${count(of('live'))} ${W.of} ${count(of('slots'))}`], [W.queued, count(of('queued'))], [W.queuedTokens, count(of('queued_tokens'))],
        [W.adapters, count(of('adapters'))], [W.adapted, count(of('adapted'))],
        [W.requests, count(of('finished_total'))], [W.failedRuns, count(of('failed_total'))],
        [W.cache, bytes(of('cache_bytes'))], [W.cached, count(of('cached_tokens_total'))],
      ]), source('/q/metrics'));
    },
  };
}

/** How much totals grew within the last minute; when they did not, the totals themselves. */
function recent(samples, totals) {
  const now = Date.now();
  // a restarted gateway counts from 0
  if (samples.length && totals[0] < samples.at(-1).totals[0]) samples.length = 0;
  samples.push({ at: now, totals });
  while (samples[0].at < now - WINDOW) samples.shift();
  const grown = totals.map((total, i) => total - samples[0].totals[i]);
  return grown[0] > 0 ? grown : totals;
}

/** Prometheus' text format, as far as metrics without labels go. */
function parseMetrics(text) {
  const found = new Map();
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name && !name.startsWith('#') && !name.includes('{')) found.set(name, Number(value));
  }
  return found;
}
