/**
 * What this browser keeps between visits, per account: drafts. Logging out clears it.
 */
import type { Chat } from '../api/types';

const PREFIX = 'tidings.';

function key(kind: 'draft', account: string, chat: string): string {
  return `${PREFIX}${kind}.${account}.${chat}`;
}

function read(name: string): string {
  return localStorage.getItem(name) ?? '';
}

function write(name: string, value: string): void {
  try {
    if (value === '') localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // The browser's storage is full or switched off: the draft lives as long as the page.
  }
}

/** Where a chat's draft lies: it outlives the change from a request to a conversation. */
export const draftPlace = (chat: Chat) => chat.contact?.account ?? chat.id;

export const draft = (account: string, chat: string) => read(key('draft', account, chat));
export const keepDraft = (account: string, chat: string, text: string) => write(key('draft', account, chat), text);

/** Forgets everything of every account. */
export function forgetAll(): void {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX)) localStorage.removeItem(name);
  }
}

const INVITE = 'tidings.invite';

/** An invite link that was opened and not yet taken; it lives as long as the tab. */
export const pendingInvite = () => sessionStorage.getItem(INVITE);

export function keepInvite(link: string | null): void {
  if (link === null) sessionStorage.removeItem(INVITE);
  else sessionStorage.setItem(INVITE, link);
}

const SETUP = 'tidings.setup';

/** What lets its holder make an account: the link of such an invite, or the secret of a one-time setup link. */
export const setupSecret = () => sessionStorage.getItem(SETUP);

/** It is used up. */
export const dropSetupSecret = () => sessionStorage.removeItem(SETUP);

/**
 * Takes the secret out of the address, so that it stands neither in the history nor on the screen: of an invite
 * (`/i#v1.…`, into a group `/i#g1.…`), of an invite to make an account (`/i#a1.…`) and of a setup link (`#t=…`).
 */
export function takeSecretsFrom(address: Location): void {
  const { hash, origin, pathname } = address;
  if (/^#[vg]\d+\./.test(hash)) {
    keepInvite(`${origin}/i${hash}`);
    window.history.replaceState(null, '', '/app/join');
  } else if (/^#a\d+\./.test(hash)) {
    sessionStorage.setItem(SETUP, `${origin}/i${hash}`);
    window.history.replaceState(null, '', '/app/signup');
  } else if (/^#(?:t|setup)=/.test(hash)) {
    sessionStorage.setItem(SETUP, hash.slice(hash.indexOf('=') + 1));
    window.history.replaceState(null, '', '/app/signup');
  } else if (hash !== '') {
    window.history.replaceState(null, '', pathname);
  }
}
