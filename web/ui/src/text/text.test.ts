import { describe, expect, it } from 'vitest';

import { findLink, leadsIntoGroup } from './invite';
import { continues, startsDay, TEXT_BYTES_MAX, textBytes, typingText } from './message';
import { daysBetween, duration } from './time';
import { uuid } from './uuid';
import { message } from '../state/examples';

describe('findLink', () => {
  it('takes the link out of the words around it', () => {
    expect(findLink('Come: http://127.0.0.1:8480/i#v1.AbC-_9 (24 hours)')).toBe('http://127.0.0.1:8480/i#v1.AbC-_9');
  });
  it('takes a link without a host', () => {
    expect(findLink('#v1.AbC')).toBe('#v1.AbC');
    expect(findLink('join: https://x.example/i#g1.AbC.')).toBe('https://x.example/i#g1.AbC');
    expect([leadsIntoGroup('https://x/i#g1.AbC'), leadsIntoGroup('https://x/i#v1.AbC')]).toEqual([true, false]);
  });
  it('finds none where the secret is missing', () => {
    expect(findLink('https://node.example/i')).toBeNull();
  });
});

describe('textBytes', () => {
  it('counts bytes of UTF-8, as the node does', () => {
    expect(textBytes('é😀')).toBe(6);
    expect(textBytes('a'.repeat(TEXT_BYTES_MAX))).toBe(TEXT_BYTES_MAX);
  });
});

describe('days', () => {
  it('are counted by the calendar, also over a short night', () => {
    expect(daysBetween(new Date(2026, 2, 1, 23, 59), new Date(2026, 2, 2, 0, 1))).toBe(1);
    expect(daysBetween(new Date(2026, 2, 2, 0, 1), new Date(2026, 2, 2, 23, 59))).toBe(0);
  });
  it('start anew at midnight between two messages', () => {
    const late = message({ time: new Date(2026, 2, 1, 23, 59).toISOString() });
    const early = message({ time: new Date(2026, 2, 2, 0, 1).toISOString() });
    expect(startsDay(late, early)).toBe(true);
    expect(continues(late, early)).toBe(false);
  });
});

describe('continues', () => {
  const first = message({ time: '2026-11-24T12:00:00Z', sender: 'a' });
  it('holds for the same sender within five minutes', () => {
    expect(continues(first, message({ time: '2026-11-24T12:04:59Z', sender: 'a' }))).toBe(true);
  });
  it('ends after five minutes, and at another sender', () => {
    expect(continues(first, message({ time: '2026-11-24T12:05:01Z', sender: 'a' }))).toBe(false);
    expect(continues(first, message({ time: '2026-11-24T12:00:01Z', sender: 'b' }))).toBe(false);
  });
});

describe('typingText', () => {
  it('names two at most', () => {
    const texts = [[], ['Bob'], ['Bob', 'Carol'], ['Bob', 'Carol', 'Dave']].map(typingText);
    expect(texts).toEqual([
      null,
      'Bob is typing…',
      'Bob and Carol are typing…',
      'Bob, Carol and others are typing…',
    ]);
  });
});

describe('duration', () => {
  it('names two units at most', () => {
    expect([45, 90, 7_500, 90_000].map(duration)).toEqual(['45 s', '1 min', '2 h 5 min', '1 d 1 h']);
  });
});

describe('uuid', () => {
  it('is of version 4 and never the same', () => {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid()).not.toBe(uuid());
  });
});
