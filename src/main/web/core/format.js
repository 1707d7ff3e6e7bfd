import { h } from './dom.js';
import { words } from './words.js';

const relative = new Intl.RelativeTimeFormat(words.locale, { numeric: 'auto' });
const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

function ago(time) {
  const seconds = (new Date(time) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) ?? UNITS[3];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** A time in words, with the exact one as its title. */
export function when(time) {
  if (!time) return h('span', '–');
  const date = new Date(time);
  return h('time', { datetime: date.toISOString(), title: date.toLocaleString(words.locale) }, ago(time));
}

export function clock(time) {
  return new Date(time).toLocaleString(words.locale, { dateStyle: 'medium', timeStyle: 'short' });
}

export function count(value) {
  return Number(value).toLocaleString(words.locale);
}

/** A measurement with as many digits as help. */
export function figure(value) {
  if (value === null || value === undefined || value === '') return '–';
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  if (Number.isInteger(number)) return count(number);
  const size = Math.abs(number);
  if (size >= 1e6 || size < 1e-3) return number.toExponential(2);
  return number.toLocaleString(words.locale, { maximumSignificantDigits: size >= 100 ? 4 : 3 });
}

export function percent(share, digits = 0) {
  return share === null || share === undefined ? '–' : (100 * share).toFixed(digits) + ' %';
}

/** A time in seconds, in the unit that suits. */
export function duration(seconds) {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${figure(seconds)} s`;
}

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(unit && size < 100 ? 1 : 0)} ${units[unit]}`;
}
