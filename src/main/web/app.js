// The shell: who is signed in, the bar, and which page the address names.
import { api, at, databaseAnswers, onConnection } from './core/api.js';
import { busy } from './core/busy.js';
import { button, fill, h } from './core/dom.js';
import { toast } from './core/toast.js';
import { words } from './core/words.js';
import { signIn } from './sign-in.js';

/** Pages by the first word of the address's fragment: role, name, and where its module is. */
const PAGES = {
  chat: ['chat', 'chat', () => import('./chat/page.js')],
  rate: ['rater', 'rate', () => import('./rate/page.js')],
  learning: ['operator', 'learning', () => import('./operate/learning.js')],
  versions: ['operator', 'versions', () => import('./operate/versions.js')],
  changes: ['operator', 'versions', () => import('./operate/changes.js')],
  runs: ['operator', 'runs', () => import('./operate/runs.js')],
  run: ['operator', 'runs', () => import('./operate/run.js')],
  rollouts: ['operator', 'rollouts', () => import('./operate/rollouts.js')],
  rollout: ['operator', 'rollouts', () => import('./operate/rollout.js')],
  compare: ['operator', 'compare', () => import('./operate/compare.js')],
  data: ['operator', 'data', () => import('./operate/data.js')],
  replay: ['operator', 'data', () => import('./operate/replay.js')],
  access: ['operator', 'access', () => import('./operate/access.js')],
  audit: ['operator', 'audit', () => import('./operate/audit.js')],
};
const RETRY = 3000;

const main = document.getElementById('main');
const bar = document.getElementById('bar');
const away = document.getElementById('away');
document.querySelector('.skip').textContent = words.nav.skip;
let session = null;
let provider = null;
let leave = () => {};
let turn = 0;
let waiting = null;
let failed = false;

onConnection({
  signedOut: () => {
    if (session) {
      session = null;
      toast(words.signIn.out);
      show();
    }
  },
  away: () => wait(words.errors.away, () => api.get('/session')),
  databaseAway: () => wait(words.errors.database, async () => { if (await databaseAnswers()) back(); }),
  // while the database is away, other routes answer all the same
  back: () => { if (waiting?.reason === words.errors.away) back(); },
});

/** Says what does not answer, and asks for it until it does. */
function wait(reason, ask) {
  if (waiting?.reason === reason) return;
  clearInterval(waiting?.timer);
  away.textContent = reason;
  away.hidden = false;
  waiting = { reason, timer: setInterval(() => ask().catch(() => {}), RETRY) };
}

function back() {
  clearInterval(waiting?.timer);
  waiting = null;
  away.hidden = true;
  document.dispatchEvent(new CustomEvent('gateway-back'));
  if (failed) show();
}

function home() {
  const allowed = Object.entries(PAGES).find(([, [role]]) => session.roles.includes(role));
  return allowed ? allowed[0] : 'chat';
}

async function show() {
  const mine = ++turn;
  failed = false;
  leave();
  leave = () => {};
  if (!session) {
    drawBar(null);
    document.title = words.signIn.title + ' · Whetstone';
    signIn(main, start, provider);
    return;
  }
  const [name, ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const page = PAGES[name || home()];
  drawBar(page?.[1]);
  if (!page || !session.roles.includes(page[0])) {
    fill(main, h('div.page', h('h1', page ? words.errors.notAllowed : words.errors.noPage)));
    return;
  }
  document.title = words.nav[page[1]] + ' · Whetstone';
  fill(main, h('div.page', h('p.soft', words.common.loading)));
  try {
    const end = await busy(() => draw(page, rest, mine));
    if (mine === turn) leave = end;
    else end();
  } catch (refused) {
    if (mine !== turn || !session) return;
    failed = true;
    fill(main, h('div.page', h('h1', words.errors.page), h('p.error', refused.message),
      button(words.common.retry, show)));
    if (!refused.code) console.error(refused);
  }
}

/** Draws a page, unless another was asked for meanwhile; returns what ends it. */
async function draw(page, params, mine) {
  const module = await page[2]();
  if (mine !== turn) return () => {};
  const root = h('div.page');
  fill(main, root);
  return (await module.render(root, { session, params })) ?? (() => {});
}

function drawBar(current) {
  const brand = h('a.brand', { href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: '24', height: '24' }), 'Whetstone');
  if (!session) {
    fill(bar, brand);
    return;
  }
  const links = h('nav#pages', { 'aria-label': words.nav.label });
  const seen = new Set();
  for (const [name, [role, word]] of Object.entries(PAGES)) {
    if (seen.has(word) || !session.roles.includes(role)) continue;
    seen.add(word);
    links.append(h('a', { href: '#/' + name, 'aria-current': current === word ? 'page' : null }, words.nav[word]));
  }
  const menu = button(words.nav.menu, () => {
    const open = bar.classList.toggle('open');
    menu.setAttribute('aria-expanded', open);
  }, { kind: 'menu small', 'aria-expanded': 'false', 'aria-controls': 'pages' });
  bar.classList.remove('open');
  fill(bar, brand, menu, links, h('div.who',
    h('span.soft', words.nav.signedInAs, h('br'), session.key),
    button(words.nav.signOut, signOut, { kind: 'small' })));
}

async function signOut() {
  await api.del('/session').catch(() => {});
  session = null;
  history.replaceState(null, '', at('/'));
  show();
}

async function start() {
  try {
    const found = await api.get('/session');
    session = found.signed_in ? found : null;
    provider = found.provider ?? null;
  } catch (failed) {
    // not ready, or away: the same question again, until it is answered
    if (failed.status && failed.status !== 503) console.error(failed);
    fill(main, h('div.welcome', h('h1', 'Whetstone'), h('p', failed.message)));
    setTimeout(start, RETRY);
    return;
  }
  await show();
}

addEventListener('hashchange', async () => {
  await show();
  document.documentElement.scrollTop = 0;
  main.focus({ preventScroll: true });
});
start();
