/** Sign-up, login, lock and the event stream that runs while somebody is in. */
import * as calls from '../api/calls';
import { closeSession, hasSessionMark, listen, openSession, problemOf } from '../api/client';
import { EventStream } from '../api/stream';
import type { Account, Problem, SignupRequest } from '../api/types';
import { go } from '../router';
import { receive, reload, reloadContacts } from './chats';
import { dropSetupSecret, forgetAll } from './local';
import { EMPTY, getState, update } from './store';
import { hearNothing } from './typing';

const STATUS_EVERY_MS = 30_000;

const stream = new EventStream({
  open: (resumed) => {
    update(() => ({ connection: 'online' }));
    if (!resumed) void reload();
    void readStatus();
  },
  event: (event) => receive(event),
  closed: () => {
    update(() => ({ connection: 'connecting' }));
    hearNothing();
  },
  failed: findOutWhy,
});

/** Finds out whether a session goes on, and shows what fits. */
export async function begin(): Promise<void> {
  listen({ locked, signedOut });
  setInterval(() => {
    if (document.visibilityState === 'visible') void lookAround();
  }, STATUS_EVERY_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void lookAround();
  });
  if (!hasSessionMark()) return showOut(null);
  try {
    const { account, locked: isLocked } = await calls.me();
    show(account, isLocked);
  } catch (error) {
    const problem = problemOf(error);
    // A session that is over has been told to `signedOut`.
    if (problem.status !== 401) await showOut(problem);
  }
}

export async function signup(request: SignupRequest): Promise<void> {
  const answer = await calls.signup(request);
  openSession(answer.csrfToken);
  dropSetupSecret();
  update(() => ({ session: { kind: 'recovery', account: answer.account, recoveryKey: answer.recoveryKey } }));
}

/** The recovery key is saved: on to the conversations. */
export async function recoveryKeySaved(account: Account): Promise<void> {
  await enter(account);
}

export async function login(name: string, password: string): Promise<void> {
  const answer = await calls.login(name, password);
  openSession(answer.csrfToken);
  await enter(answer.account);
}

export async function unlock(password: string): Promise<void> {
  await calls.unlock(password);
  const { session } = getState();
  if (session.kind === 'in') await enter(session.account);
}

export async function lock(): Promise<void> {
  await calls.lock();
  locked();
}

export async function logout(): Promise<void> {
  try {
    await calls.logout();
  } finally {
    stream.stop();
    closeSession();
    forgetAll();
    update(() => ({ ...EMPTY }));
    go({ at: 'login' }, 'replace');
    await showOut(null);
  }
}

async function enter(account: Account): Promise<void> {
  show(account, await isAccountLocked());
}

function show(account: Account, isLocked: boolean): void {
  update(() => ({ session: { kind: 'in', account, locked: isLocked } }));
  if (!isLocked) stream.start();
}

async function isAccountLocked(): Promise<boolean> {
  try {
    return (await calls.me()).locked;
  } catch (error) {
    if (problemOf(error).code === 'LOCKED') return true;
    throw error;
  }
}

/** Everything that was decrypted leaves the page's memory. */
function locked(): void {
  const { session } = getState();
  if (session.kind !== 'in' || session.locked) return;
  stream.stop();
  update(() => ({ ...EMPTY, session: { ...session, locked: true } }));
}

function signedOut(problem: Problem): void {
  stream.stop();
  closeSession();
  update(() => ({ ...EMPTY }));
  void showOut(problem);
}

async function showOut(problem: Problem | null): Promise<void> {
  update(() => ({ session: { kind: 'out', version: null, problem } }));
  try {
    const version = await calls.version();
    update(({ session }) => (session.kind === 'out' ? { session: { ...session, version } } : {}));
  } catch (error) {
    update(({ session }) =>
      session.kind === 'out' ? { session: { ...session, problem: session.problem ?? problemOf(error) } } : {},
    );
  }
}

async function findOutWhy(): Promise<void> {
  update(() => ({ connection: 'offline' }));
  try {
    if ((await calls.me()).locked) locked();
  } catch {
    // Told to `locked` or `signedOut` by the call itself, or the node is away and the stream tries again.
  }
}

/** What no event tells: how the node is doing, who is connected, and whether the account was unlocked elsewhere. */
async function lookAround(): Promise<void> {
  const { session, connection } = getState();
  if (session.kind !== 'in') return;
  if (!session.locked && connection === 'online') {
    await Promise.all([readStatus(), reloadContacts()]);
  } else if (session.locked) {
    await enter(session.account).catch(() => undefined);
  }
}

async function readStatus(): Promise<void> {
  try {
    const status = await calls.status();
    update(() => ({ status }));
  } catch {
    // The pill then shows what it knew; the stream says when the node is gone.
  }
}
