import UPlot from '../vendor/uplot.js';
import { figure } from './format.js';
import { h } from './dom.js';

const SERIES = ['--line-1', '--line-2', '--line-3', '--line-4'];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * A chart of lines. series: [{label, values, dash}], x: numbers (or seconds since 1970 if time);
 * log: a logarithmic y axis. Returns {element, update(x, series), destroy}.
 */
export function lineChart({ label, x, series, time = false, log = false, height = 208, xLabel = '' }) {
  const host = h('div.chart', { role: 'img', 'aria-label': label });
  let plot = null;
  let data = [x, ...series.map((s) => s.values)];
  let shown = series;

  const build = () => {
    plot?.destroy();
    if (!host.clientWidth) return;
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--rule'), width: 1 }, ticks: { show: false } };
    plot = new UPlot(
      {
        width: host.clientWidth,
        height,
        scales: { x: { time }, y: log ? { distr: 3 } : {} },
        legend: { live: true },
        axes: [
          { ...axis, font: '12px system-ui', label: xLabel || undefined, labelFont: '12px system-ui', labelSize: 20 },
          { ...axis, font: '12px system-ui', size: 56, values: (_, all) => all.map((v) => (v === null ? '' : figure(v))) },
        ],
        series: [
          { label: xLabel || 'x' },
          ...shown.map((s, i) => ({
            label: s.label,
            stroke: colour(SERIES[s.colour ?? i % SERIES.length]),
            width: 2,
            dash: s.dash,
            spanGaps: true,
            points: { show: s.values.filter((v) => v !== null).length < 40, size: 4 },
            value: (_, v) => figure(v),
          })),
        ],
      },
      data,
      host,
    );
  };

  const resize = new ResizeObserver(() => {
    if (plot && host.clientWidth === plot.width) return;
    build();
  });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', build);
  resize.observe(host);
  return {
    element: host,
    update(newX, newSeries) {
      const same = plot && newSeries.length === shown.length;
      shown = newSeries;
      data = [newX, ...newSeries.map((s) => s.values)];
      if (same) plot.setData(data);
      else build();
    },
    destroy() {
      resize.disconnect();
      dark.removeEventListener('change', build);
      plot?.destroy();
    },
  };
}
