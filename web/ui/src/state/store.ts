/** What the interface knows, in one value; a change is a new value. Nothing of it is written to disk. */
import { useSyncExternalStore } from 'react';

import type { Account, Chat, Contact, Group, Message, PrivacySettings, Problem, Status, Version } from '../api/types';

export type Session =
  | { kind: 'starting' }
  /** Nobody is logged in. `problem` says why, where it was not by choice. */
  | { kind: 'out'; version: Version | null; problem: Problem | null }
  /** Signed up just now: the recovery key is shown this once. */
  | { kind: 'recovery'; account: Account; recoveryKey: string }
  | { kind: 'in'; account: Account; locked: boolean };

/** The loaded part of a conversation, newest last. */
export interface Thread {
  messages: Message[];
  /** Leads to older ones; null at the beginning of the conversation. */
  next: string | null;
  loaded: boolean;
  problem: Problem | null;
}

/** What the composer of a conversation is about, other than a new message. */
export interface Composing {
  chat: string;
  kind: 'reply' | 'edit';
  message: Message;
}

export interface State {
  session: Session;
  connection: 'connecting' | 'online' | 'offline';
  /** Null until loaded. */
  chats: Chat[] | null;
  contacts: Contact[] | null;
  groups: Readonly<Record<string, Group>>;
  threads: Readonly<Record<string, Thread>>;
  unread: Readonly<Record<string, number>>;
  composing: Composing | null;
  /** Who is typing, by conversation. */
  typing: Readonly<Record<string, readonly string[]>>;
  /** Null until loaded. */
  privacy: PrivacySettings | null;
  status: Status | null;
  /** For screen readers: the newest message of others. */
  said: string;
  /** A passing word to the person. */
  notice: string | null;
}

export const EMPTY: State = {
  session: { kind: 'starting' },
  connection: 'connecting',
  chats: null,
  contacts: null,
  groups: {},
  threads: {},
  unread: {},
  composing: null,
  typing: {},
  privacy: null,
  status: null,
  said: '',
  notice: null,
};

let state: State = EMPTY;
const listeners = new Set<() => void>();

export function getState(): State {
  return state;
}

export function update(change: (state: State) => Partial<State>): void {
  state = { ...state, ...change(state) };
  for (const listener of listeners) listener();
}

export function useStore<T>(select: (state: State) => T): T {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => select(state),
  );
}

/** The chat a path names: by its id, or by the contact's account while no conversation existed yet. */
export function chatOf(chats: Chat[] | null, id: string): Chat | undefined {
  return chats?.find((chat) => chat.id === id) ?? chats?.find((chat) => chat.contact?.account === id);
}

/** The name to show for an account. */
export function nameOf(state: Pick<State, 'session' | 'contacts' | 'groups'>, account: string): string {
  if (state.session.kind === 'in' && state.session.account.id === account) return 'You';
  const contact = state.contacts?.find((one) => one.account === account);
  if (contact !== undefined) return contact.displayName;
  for (const group of Object.values(state.groups)) {
    const member = group.members.find((one) => one.account === account);
    if (member !== undefined) return member.displayName || member.handle || shortId(account);
  }
  return shortId(account);
}

export function shortId(account: string): string {
  return account.length > 12 ? `${account.slice(0, 12)}…` : account;
}
