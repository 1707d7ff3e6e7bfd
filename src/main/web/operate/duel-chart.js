import { lineChart } from '../core/chart.js';
import { words } from '../core/words.js';

/** The evidence of a duel after each counted vote, and the line that promotes. */
export function duelChart(points, threshold) {
  const { x, series } = dataOf(points, threshold);
  const chart = lineChart({
    label: words.learning.evidenceLine, x, series, log: true, xLabel: words.learning.counted,
  });
  return {
    element: chart.element,
    update(newPoints, newThreshold) {
      const now = dataOf(newPoints, newThreshold);
      chart.update(now.x, now.series);
    },
    destroy: chart.destroy,
  };
}

function dataOf(points, threshold) {
  const x = [0, ...points.map((p) => p.wins + p.losses)];
  return {
    x,
    series: [
      { label: words.learning.evidence, values: [1, ...points.map((p) => Math.max(p.evidence, 1e-3))] },
      { label: words.learning.threshold, values: x.map(() => threshold), dash: [8, 4], colour: 1 },
    ],
  };
}
