/** Values for tests. */
import type { Chat, Message } from '../api/types';
import { EMPTY, type State } from './store';

export function message(fields: Partial<Message>): Message {
  return {
    id: 'm1',
    conversation: 'c1',
    sender: 'bob',
    time: '2026-11-24T12:00:00Z',
    receivedAt: '2026-11-24T12:00:00Z',
    text: 'hello',
    attachments: [],
    replyTo: null,
    reactions: [],
    editedAt: null,
    deleted: false,
    state: 'queued',
    states: [],
    self: false,
    ...fields,
  };
}

export function chat(fields: Partial<Chat>): Chat {
  return {
    id: 'c1',
    kind: 'direct',
    name: 'Bob',
    lastMessage: null,
    unread: 0,
    draft: null,
    updatedAt: '2026-11-24T11:00:00Z',
    active: true,
    ...fields,
  };
}

export function stateWith(fields: Partial<State>): State {
  return { ...EMPTY, ...fields };
}
