import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import * as calls from '../api/calls';
import { chat } from './examples';
import { EMPTY, getState, update } from './store';
import { hear, hearNothing, rested, typed } from './typing';

vi.mock('../api/calls', () => ({ typing: vi.fn(() => Promise.resolve()) }));

const told = () => vi.mocked(calls.typing).mock.calls.splice(0);
const privacy = { readReceipts: true, typingIndicators: true };
const open = chat({});

beforeEach(() => {
  vi.useFakeTimers();
  update(() => ({ ...EMPTY, privacy }));
  told();
});

afterEach(() => {
  rested();
  hearNothing();
  vi.useRealTimers();
});

describe('what is said while somebody writes', () => {
  it('is nothing unless they want it, and nothing to somebody who has not accepted', () => {
    update(() => ({ privacy: null }));
    typed(open);
    update(() => ({ privacy: { ...privacy, typingIndicators: false } }));
    typed(open);
    update(() => ({ privacy }));
    typed(chat({ typingIndicators: false }));
    const bob = { account: 'bob', displayName: 'Bob', handle: '', createdAt: '2026-11-24T11:00:00Z' };
    typed(chat({ contact: { ...bob, state: 'requested' } }));
    vi.advanceTimersByTime(60_000);
    expect(told()).toEqual([]);
    update(() => ({ privacy: { ...privacy, typingIndicators: false } }));
    typed(chat({ typingIndicators: true }));
    vi.advanceTimersByTime(500);
    expect(told()).toEqual([['c1', true]]);
  });
  it('is said every few seconds while it goes on, and once when it is over', () => {
    for (let tenths = 0; tenths < 70; tenths += 1) {
      typed(open);
      vi.advanceTimersByTime(100);
    }
    expect(told()).toEqual([['c1', true], ['c1', true], ['c1', true]]);
    vi.advanceTimersByTime(60_000);
    expect(told()).toEqual([['c1', false]]);
    rested();
    expect(told()).toEqual([]);
  });
  it('is nothing where it is over at once', () => {
    typed(open);
    vi.advanceTimersByTime(499);
    rested();
    typed(open);
    vi.advanceTimersByTime(1);
    expect(told()).toEqual([]);
    rested();
    vi.advanceTimersByTime(60_000);
    expect(told()).toEqual([]);
  });
  it('ends in one conversation when it begins in another', () => {
    typed(open);
    vi.advanceTimersByTime(500);
    typed(chat({ id: 'c2' }));
    vi.advanceTimersByTime(500);
    expect(told()).toEqual([['c1', true], ['c1', false], ['c2', true]]);
  });
});

describe('who is shown', () => {
  const bob = { conversation: 'c1', account: 'bob', typing: true };
  it('goes when they stop, are not heard of for ten seconds, or nothing is heard any more', () => {
    hear(bob);
    expect(getState().typing).toEqual({ c1: ['bob'] });
    hear({ ...bob, typing: false });
    expect(getState().typing).toEqual({ c1: [] });
    hear(bob);
    vi.advanceTimersByTime(9_000);
    hear(bob);
    vi.advanceTimersByTime(9_999);
    expect(getState().typing).toEqual({ c1: ['bob'] });
    vi.advanceTimersByTime(1);
    expect(getState().typing).toEqual({ c1: [] });
    hear(bob);
    hearNothing();
    expect(getState().typing).toEqual({});
  });
});
