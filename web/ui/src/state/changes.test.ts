import { describe, expect, it } from 'vitest';

import { EMPTY_THREAD, mergeNewest, mergeOlder, upsert, withDeleted, withEdited, withMessage, withMessageState, withReaction, withTyping } from './changes';
import { chat, message, stateWith } from './examples';
import { EMPTY } from './store';

const loaded = { ...EMPTY_THREAD, loaded: true };

describe('upsert', () => {
  it('shows a message once, however often it comes', () => {
    const once = upsert([], message({}));
    expect(upsert(once, message({}))).toHaveLength(1);
  });
  it('never lets a state go back when the answer to a send comes after its events', () => {
    const delivered = upsert([], message({ self: true, state: 'delivered' }));
    expect(upsert(delivered, message({ self: true, state: 'queued' }))[0]?.state).toBe('delivered');
  });
  it('lets a failed message go on when it is taken after all', () => {
    const failed = upsert([], message({ self: true, state: 'failed' }));
    expect(upsert(failed, message({ self: true, state: 'queued' }))[0]?.state).toBe('queued');
  });
});

describe('pages', () => {
  it('keep what the node has not taken at the end of a newest page', () => {
    const unsent = message({ id: 'u', self: true, receivedAt: '', state: 'failed' });
    const merged = mergeNewest({ ...loaded, messages: [unsent] }, { items: [message({ id: 'a' })], next: null });
    expect(merged.messages.map((one) => one.id)).toEqual(['a', 'u']);
  });
  it('keep what came while a newest page was on its way', () => {
    const late = message({ id: 'late', receivedAt: '2026-11-24T12:00:05Z' });
    const merged = mergeNewest({ ...loaded, messages: [late] }, { items: [message({ id: 'a' })], next: null });
    expect(merged.messages.map((one) => one.id)).toEqual(['a', 'late']);
  });
  it('put older ones before, without doubling the seam', () => {
    const thread = { ...loaded, messages: [message({ id: 'b' })], next: 'x' };
    const merged = mergeOlder(thread, { items: [message({ id: 'a' }), message({ id: 'b' })], next: null });
    expect(merged.messages.map((one) => one.id)).toEqual(['a', 'b']);
    expect(merged.next).toBeNull();
  });
});

describe('a new message', () => {
  const state = stateWith({
    chats: [chat({ id: 'c2', name: 'Carol' }), chat({})],
    threads: { c1: loaded },
  });
  it('brings its conversation to the top and counts as unread', () => {
    const next = withMessage(state, message({}), null);
    expect(next.chats?.map((one) => one.id)).toEqual(['c1', 'c2']);
    expect(next.unread?.['c1']).toBe(1);
    expect(next.threads?.['c1']?.messages).toHaveLength(1);
  });
  it('does not count where it is read at once, nor when it is one’s own, nor a second time', () => {
    expect(withMessage(state, message({}), 'c1').unread?.['c1']).toBeUndefined();
    expect(withMessage(state, message({ self: true }), null).unread?.['c1']).toBeUndefined();
    const again = stateWith({ ...state, ...withMessage(state, message({}), null) });
    expect(withMessage(again, message({}), null).unread ?? again.unread).toEqual({ c1: 1 });
  });
});

describe('a message’s state', () => {
  it('changes in the thread and in the list', () => {
    const own = message({ self: true });
    const state = stateWith({
      chats: [chat({ lastMessage: own })],
      threads: { c1: { ...loaded, messages: [own] } },
    });
    const next = withMessageState(state, { id: 'm1', conversation: 'c1', state: 'delivered', states: [] });
    expect(next.threads?.['c1']?.messages[0]?.state).toBe('delivered');
    expect(next.chats?.[0]?.lastMessage?.state).toBe('delivered');
  });
});

describe('typing', () => {
  it('names each of those who type once, in the order they began', () => {
    const types = (state: typeof EMPTY, account: string, typing: boolean) =>
      stateWith({ ...state, ...withTyping(state, { conversation: 'c1', account, typing }) });
    const two = types(types(types(EMPTY, 'bob', true), 'carol', true), 'bob', true);
    expect(two.typing['c1']).toEqual(['bob', 'carol']);
    expect(types(two, 'carol', false).typing['c1']).toEqual(['bob']);
  });
});

describe('a change of a message', () => {
  const known = message({ reactions: [{ emoji: '👍', accounts: ['bob'] }] });
  const state = stateWith({ chats: [chat({ lastMessage: known })], threads: { c1: { ...loaded, messages: [known] } } });
  const first = (next: Partial<typeof state>) => next.threads?.['c1']?.messages[0];
  it('puts a reaction on it and takes it back', () => {
    const more = withReaction(state, { id: 'm1', conversation: 'c1', account: 'me', emoji: '👍', chosen: true });
    expect(first(more)?.reactions).toEqual([{ emoji: '👍', accounts: ['bob', 'me'] }]);
    const none = withReaction(state, { id: 'm1', conversation: 'c1', account: 'bob', emoji: '👍', chosen: false });
    expect(first(none)?.reactions).toEqual([]);
    const other = withReaction(state, { id: 'm1', conversation: 'c1', account: 'me', emoji: '🎉', chosen: true });
    expect(first(other)?.reactions).toHaveLength(2);
  });
  it('gives it another text, in the thread and in the list', () => {
    const next = withEdited(state, message({ text: 'better', editedAt: '2026-11-24T12:01:00Z' }));
    expect([first(next)?.text, next.chats?.[0]?.lastMessage?.text]).toEqual(['better', 'better']);
  });
  it('leaves a place where it was taken back, and none where its time is over', () => {
    const back = withDeleted(state, { id: 'm1', conversation: 'c1', by: 'bob' });
    expect([first(back)?.deleted, first(back)?.text, first(back)?.reactions]).toEqual([true, '', []]);
    const gone = withDeleted(state, { id: 'm1', conversation: 'c1' });
    expect([gone.threads?.['c1']?.messages, gone.chats?.[0]?.lastMessage]).toEqual([[], null]);
  });
});
