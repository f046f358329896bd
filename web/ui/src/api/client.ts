/**
 * One call to the node: the CSRF token, errors as problem objects, and a session that is refreshed once when it has run
 * out. The session itself is an HttpOnly cookie, which no script can read.
 *
 * Not here: which paths there are (`calls.ts`), the WebSocket (`stream.ts`).
 */
import type { Problem, SessionAnswer } from './types';

/** A refused or failed call, with what, why and what now. */
export class CallError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const CALL_TIMEOUT_MS = 30_000;

/** Remembers that a session may exist, so that a first visit does not ask for one in vain. Not a secret. */
const SESSION_MARK = 'tidings.session';

/**
 * Kept in memory only; the first call of a page that changes something gets a new one from `/auth/refresh`. Not each page
 * load: one that is cut off in the middle would leave the browser with a cookie that the node has replaced.
 */
let csrfToken: string | null = null;
/** All tabs share one cookie, and the token belongs to the cookie: whoever gets a new one tells the others. */
const otherTabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('tidings-session') : null;
otherTabs?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (typeof data === 'string' && hasSessionMark()) csrfToken = data;
});

let refreshing: Promise<SessionAnswer> | null = null;

interface Listeners {
  locked: () => void;
  signedOut: (problem: Problem) => void;
}

let listeners: Listeners = { locked: () => undefined, signedOut: () => undefined };

/** Says whom to tell when the account turns out to be locked or the session to be over. */
export function listen(to: Listeners): void {
  listeners = to;
}

export function hasSessionMark(): boolean {
  return localStorage.getItem(SESSION_MARK) !== null;
}

export function openSession(token: string): void {
  csrfToken = token;
  localStorage.setItem(SESSION_MARK, '1');
  otherTabs?.postMessage(token);
}

export function closeSession(): void {
  csrfToken = null;
  localStorage.removeItem(SESSION_MARK);
}

/** Any error as a problem object. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CallError) return error.problem;
  return {
    type: 'about:blank',
    title: 'Something went wrong in this page',
    status: 0,
    code: 'UNKNOWN',
    detail: error instanceof Error ? error.message : 'No reason was given.',
    fix: 'Reload the page. Nothing that was sent is lost.',
  };
}

function unreachable(): Problem {
  return {
    type: 'about:blank',
    title: 'The node does not answer',
    status: 0,
    code: 'UNKNOWN',
    detail: 'This page could not reach the node it came from.',
    fix: 'See whether the node runs (tidings status), then try again.',
  };
}

async function problemFrom(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.code === 'string' && typeof body.title === 'string') {
      return { type: 'about:blank', status: response.status, detail: '', ...body } as Problem;
    }
  } catch {
    // Not JSON: a proxy in between has answered. The status says what there is to say.
  }
  return {
    type: 'about:blank',
    title: 'The node gave an answer this page does not understand',
    status: response.status,
    code: 'UNKNOWN',
    detail: `HTTP status ${response.status}.`,
    fix: 'Reload the page; node and page may be of different versions.',
  };
}

async function once(method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (csrfToken !== null) headers['X-CSRF-Token'] = csrfToken;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new CallError(unreachable());
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw new CallError(await problemFrom(response));
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/**
 * A new CSRF token and cookie for the session. One at a time, over all tabs of the browser: the node ends a session
 * whose old refresh token is used twice.
 */
function refresh(): Promise<SessionAnswer> {
  refreshing ??= exclusively(async () => {
    const session = await answer<SessionAnswer>(await once('POST', '/auth/refresh', undefined));
    openSession(session.csrfToken);
    return session;
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks exist in secure contexts only; plain HTTP on a LAN address is none.
  if (!('locks' in navigator)) return work();
  return (await navigator.locks.request('tidings-refresh', work)) as T;
}

/** Calls the node. A session that ran out is refreshed and the call made once more. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  if (csrfToken === null && method !== 'GET') await renew();
  const first = await once(method, path, body);
  if (first.ok) return answer<T>(first);
  const problem = await problemFrom(first);
  if (!isStale(problem)) return fail(problem);
  await renew();
  const second = await once(method, path, body);
  return second.ok ? answer<T>(second) : fail(await problemFrom(second));
}

async function renew(): Promise<void> {
  try {
    await refresh();
  } catch (error) {
    const why = problemOf(error);
    if (why.status === 401) listeners.signedOut(why);
    throw error;
  }
}

/** Calls the node before there is a session. */
export async function callOpen<T>(method: string, path: string, body?: unknown): Promise<T> {
  return answer<T>(await once(method, path, body));
}

function isStale(problem: Problem): boolean {
  return hasSessionMark() && (problem.code === 'UNAUTHENTICATED' || problem.code === 'CSRF');
}

function fail(problem: Problem): never {
  if (problem.code === 'LOCKED') listeners.locked();
  if (problem.code === 'SESSION_ENDED' || problem.code === 'UNAUTHENTICATED') listeners.signedOut(problem);
  throw new CallError(problem);
}
