// The one client of the API. The session's cookie authenticates; the pages never see a key.
import { words } from './words.js';

/** A refusal, in the words of the problem that the gateway answered (RFC 9457). */
class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || words.errors.status(status));
    this.status = status;
    this.code = problem.code ?? '';
    this.retryAfter = retryAfter;
  }
}

/** The gateway did not answer. */
class AwayError extends Error {
  constructor() {
    super(words.errors.away);
    this.status = 0;
    this.code = 'away';
    this.retryAfter = null;
  }
}

const listeners = { signedOut: () => {}, away: () => {}, databaseAway: () => {}, back: () => {} };

export function onConnection(handlers) {
  Object.assign(listeners, handlers);
}

/** The address of a route: a proxy may serve these pages below a path of its host. */
export function at(path) {
  return new URL(path.slice(1), document.baseURI).href;
}

async function send(method, path, { body, headers = {}, signal } = {}) {
  const options = { method, headers: { Accept: 'application/json', ...headers }, signal, cache: 'no-store' };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (failed) {
    throw lost(failed);
  }
  if (!response.ok) {
    throw refusal(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'));
  }
  listeners.back();
  return response;
}

/** Whether the gateway has its database; asked of its health, which needs none. */
export async function databaseAnswers() {
  const health = await (await fetch(at('/q/health/ready'), { cache: 'no-store' })).json();
  return health.checks.some((check) => check.name === 'database' && check.data?.state === 'answering');
}

/** What a broken connection is thrown as, unless the page itself ended the call. */
function lost(failed) {
  if (failed.name === 'AbortError') return failed;
  listeners.away();
  return new AwayError();
}

function refusal(status, text, retryAfter) {
  let problem = {};
  try {
    problem = JSON.parse(text);
    problem = problem.error ? { detail: problem.error.message, code: problem.error.code } : problem;
  } catch {
    // a proxy's page is no problem document: the status has to do
  }
  const after = Number(retryAfter);
  if (status === 401) listeners.signedOut();
  if (problem.code === 'database_away') listeners.databaseAway();
  return new ApiError(status, problem, after > 0 ? after : null);
}

async function json(response) {
  return response.status === 204 ? null : response.json();
}

export const api = {
  get: async (path, options) => json(await send('GET', path, options)),
  post: async (path, body = {}, options = {}) => json(await send('POST', path, { ...options, body })),
  put: async (path, body = {}, options = {}) => json(await send('PUT', path, { ...options, body })),
  del: async (path, options) => json(await send('DELETE', path, options)),
  text: async (path) => (await send('GET', path, { headers: { Accept: '*/*' } })).text(),

  /** Reads server-sent events and calls onEvent(name, data) for each, until the stream ends. */
  async stream(method, path, { body, signal, onEvent }) {
    const response = await send(method, path, { body, signal, headers: { Accept: 'text/event-stream' } });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    for (;;) {
      let piece;
      try {
        piece = await reader.read();
      } catch (failed) {
        throw lost(failed);
      }
      if (piece.done) return;
      buffer += piece.value;
      let end;
      while ((end = buffer.indexOf('\n\n')) >= 0) {
        dispatch(buffer.slice(0, end), onEvent);
        buffer = buffer.slice(end + 2);
      }
    }
  },

  /** Sends a file and tells how far it is; answers the report. */
  upload(path, file, type, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', at(path));
      request.setRequestHeader('Content-Type', type);
      request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
      request.onerror = () => reject(new AwayError());
      request.onload = () => {
        if (request.status < 300) resolve(request.responseText);
        else reject(refusal(request.status, request.responseText, request.getResponseHeader('Retry-After')));
      };
      request.send(file);
    }).then(JSON.parse);
  },
};

function dispatch(block, onEvent) {
  let name = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).trim());
  }
  if (data.length) onEvent(name, JSON.parse(data.join('\n')));
}

/** The same call as a line for a shell; the key is a variable. */
export function curl(method, path, body, file) {
  const parts = ['curl -s'];
  if (method !== 'GET') parts.push('-X ' + method);
  parts.push(quote(at(path)), '-H "Authorization: Bearer $WHETSTONE_KEY"');
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", '-d ' + quote(JSON.stringify(body)));
  }
  if (file !== undefined) parts.push("-H 'Content-Type: application/x-ndjson'", '--data-binary @' + quote(file));
  return parts.join(' ');
}

function quote(text) {
  return "'" + text.replaceAll("'", "'\\''") + "'";
}
