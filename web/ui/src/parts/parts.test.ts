import { describe, expect, it } from 'vitest';

import { pauseMs } from '../api/stream';
import { format, parse, type Route } from '../router';
import { pillText } from './NodePill';
import { qrPath } from './QrCode';

describe('routes', () => {
  const routes: Route[] = [
    { at: 'home' },
    { at: 'chat', id: 'cnv1ab/c d' },
    { at: 'members', id: 'cnv1x' },
    { at: 'newGroup' },
    { at: 'invite' },
    { at: 'join' },
    { at: 'settings' },
    { at: 'login' },
    { at: 'signup' },
  ];
  it.each(routes)('survive a reload: $at', (route) => {
    expect(parse(format(route))).toEqual(route);
  });
  it('lead to the list where they lead nowhere', () => {
    expect(parse('/app/nowhere')).toEqual({ at: 'home' });
    expect(parse('/i')).toEqual({ at: 'join' });
  });
});

describe('pauses between attempts', () => {
  it('grow up to a limit, and differ between tabs', () => {
    expect(pauseMs(0, 1)).toBe(500);
    expect(pauseMs(3, 1)).toBe(4_000);
    expect(pauseMs(50, 1)).toBe(15_000);
    expect(pauseMs(3, 0)).toBe(2_000);
  });
});

describe('the node pill', () => {
  const peer = { peerId: 'p', path: 'direct' as const };
  const status = {
    version: '', peerId: '', http: '', listen: [], reach: { kind: 'local' as const, addresses: [], relays: [] }, peers: [peer], accounts: 1, unlocked: 1, uptimeSeconds: 1,
    outbox: 0, degraded: [],
  };
  it('says in words how the node is doing', () => {
    expect(pillText('offline', status)).toBe('Offline: trying again');
    expect(pillText('online', status)).toBe('Online · 1 peer');
    expect(pillText('online', { ...status, peers: [{ ...peer, path: 'relayed' }] })).toBe('Online · 1 peer · relayed');
    expect(pillText('online', { ...status, peers: [] })).toBe('Online');
  });
});

describe('QR codes', () => {
  it('hold an invite link of the longest kind and a margin of four modules', () => {
    const { path, side } = qrPath(`https://node.example/i#v1.${'A'.repeat(180)}`);
    expect(side).toBeGreaterThan(60);
    expect(path.startsWith('M4 4h')).toBe(true);
  });
});
