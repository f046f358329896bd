/** Paths of the interface and the browser's history. Every view has a path that survives a reload. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { at: 'home' }
  | { at: 'chat'; id: string }
  | { at: 'members'; id: string }
  | { at: 'newGroup' }
  | { at: 'invite' }
  | { at: 'join' }
  | { at: 'settings' }
  | { at: 'login' }
  | { at: 'signup' };

/** The view a path leads to; the list where it leads nowhere. */
export function parse(path: string): Route {
  if (path === '/i' || path === '/i/') return { at: 'join' };
  const [first, second, third] = path.replace(/^\/app\/?/, '').split('/');
  switch (first) {
    case 'c':
      if (second === undefined || second === '') return { at: 'home' };
      return third === 'members' ? { at: 'members', id: decode(second) } : { at: 'chat', id: decode(second) };
    case 'new-group':
      return { at: 'newGroup' };
    case 'invite':
    case 'join':
    case 'settings':
    case 'login':
    case 'signup':
      return { at: first };
    default:
      return { at: 'home' };
  }
}

/** The path of a view. */
export function format(route: Route): string {
  switch (route.at) {
    case 'home':
      return '/app/';
    case 'chat':
      return `/app/c/${encodeURIComponent(route.id)}`;
    case 'members':
      return `/app/c/${encodeURIComponent(route.id)}/members`;
    case 'newGroup':
      return '/app/new-group';
    case 'invite':
    case 'join':
    case 'settings':
    case 'login':
    case 'signup':
      return `/app/${route.at}`;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const listeners = new Set<() => void>();
let current: Route = typeof window === 'undefined' ? { at: 'home' } : parse(window.location.pathname);

/** Looks at the address again, after something else than `go` has changed it. */
export function readAddress(): void {
  current = parse(window.location.pathname);
  for (const listener of listeners) listener();
}

if (typeof window !== 'undefined') window.addEventListener('popstate', readAddress);

/** Goes to a view. `replace` leaves no step back to the one before. */
export function go(route: Route, how: 'push' | 'replace' = 'push'): void {
  const path = format(route);
  if (path === window.location.pathname && window.location.hash === '') return;
  if (how === 'push') window.history.pushState({ inside: true }, '', path);
  else window.history.replaceState(window.history.state, '', path);
  readAddress();
}

/** One step back where that stays in this interface, else to `otherwise`. */
export function back(otherwise: Route): void {
  const state: unknown = window.history.state;
  if (typeof state === 'object' && state !== null && 'inside' in state) window.history.back();
  else go(otherwise, 'replace');
}

export function useRoute(): Route {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
