// The calls that change something, each asked for with what it will do.
import { askAndCall } from '../core/dialog.js';
import { words } from '../core/words.js';

const L = words.learning;
const V = words.versions;

export const actions = {
  pause: () => askAndCall({
    title: L.pause, what: L.pauseWhat, label: L.pause, path: () => '/learning/pause', body: (reason) => ({ reason }), done: L.paused_done,
  }),
  resume: () => askAndCall({
    title: L.resume, what: L.resumed + '.', label: L.resume, path: () => '/learning/resume', reason: 'none', done: L.resumed,
  }),
  startRun: () => askAndCall({
    title: L.run, what: L.runWhat, label: L.run, path: () => '/training/runs', body: (reason) => ({ reason }), done: L.started,
  }),
  stopRun: (id) => askAndCall({
    title: words.runs.stopTitle, what: words.runs.stopWhat, label: words.runs.stop, danger: true, method: 'DELETE',
    path: (reason) => `/training/runs/${encodeURIComponent(id)}?reason=${encodeURIComponent(reason)}`,
  }),
  promote: (version, champion) => askAndCall({
    title: V.promoteTitle(version), what: V.promoteWhat(version, champion), label: V.promote,
    path: () => `/policies/${encodeURIComponent(version)}/promote`, body: (reason) => ({ reason }), done: V.promoted,
  }),
  rollBack: (version, champion) => askAndCall({
    title: V.rollBackTitle(version), what: V.rollBackWhat(version, champion), label: V.rollBack, danger: true,
    path: () => '/rollback', body: (reason) => ({ to: version, reason }), done: V.rolledBack,
  }),
  stopRollout: (rollout) => askAndCall({
    title: words.rollouts.stopTitle(rollout.policy), what: words.rollouts.stopWhat(rollout.policy), label: words.rollouts.stop,
    danger: true, method: 'DELETE',
    path: (reason) => `/rollouts/${encodeURIComponent(rollout.id)}?reason=${encodeURIComponent(reason)}`,
  }),
};
