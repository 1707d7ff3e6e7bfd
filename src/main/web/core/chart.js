import UPlot from '../vendor/uplot.js';
import { figure } from './format.js';
import { h } from './dom.js';

const SERIES = ['--line-1', '--line-2', '--line-3', '--line-4'];

/** A colour of the style sheet as the canvas needs it: the one that holds now, light or dark. */
function colour(name) {
  const probe = h('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/**
 * A chart of lines. series: [{label, values, dash}], x: numbers (or seconds since 1970 if time);
 * log: a logarithmic y axis. Returns {element, update(x, series), destroy}.
 */
export function lineChart({ label, x, series, time = false, log = false, height = 208, xLabel = '' }) {
  const host = h('div.chart', { role: 'img', 'aria-label': label });
  let plot = null;
  // a logarithmic axis is a plain one of exponents
  const scaled = (s) => (log ? s.values.map((v) => (v === null ? null : Math.log10(v))) : s.values);
  const shownValue = (v) => (v === null || v === undefined ? '' : figure(log ? 10 ** v : v));
  let data = [x, ...series.map(scaled)];
  let shown = series;

  const build = () => {
    plot?.destroy();
    if (!host.clientWidth) return;
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--rule'), width: 1 }, ticks: { show: false } };
    plot = new UPlot(
      {
        width: host.clientWidth,
        height,
        scales: { x: { time } },
        legend: { live: true },
        axes: [
          { ...axis, font: '12px system-ui', size: time ? 48 : 32, label: xLabel || undefined, labelFont: '12px system-ui', labelSize: 16, labelGap: 0 },
          { ...axis, font: '12px system-ui', size: 56, incrs: log ? [1, 2, 5, 10] : undefined, values: (_, all) => all.map(shownValue) },
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
            value: (_, v) => shownValue(v),
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
      data = [newX, ...newSeries.map(scaled)];
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
