/** How the node is doing, in words, always in sight. It leads to the details. */
import { go } from '../router';
import { type State, useStore } from '../state/store';

/** What the pill says. */
export function pillText(connection: State['connection'], status: State['status']): string {
  if (connection === 'offline') return 'Offline: trying again';
  if (connection === 'connecting') return 'Connecting…';
  if (status === null) return 'Online';
  if (status.degraded.length > 0) return 'Online · needs attention';
  const { length } = status.peers;
  // Only the node's owner is told its peers: none may mean not told.
  if (length === 0) return 'Online';
  const relayed = status.peers.every((peer) => peer.path === 'relayed');
  return `Online · ${length} ${length === 1 ? 'peer' : 'peers'}${relayed ? ' · relayed' : ''}`;
}

export function NodePill() {
  const connection = useStore((state) => state.connection);
  const status = useStore((state) => state.status);
  const mood = connection === 'online' ? ((status?.degraded.length ?? 0) > 0 ? 'degraded' : 'online') : connection;
  return (
    <button type="button" className={`pill pill-${mood}`} onClick={() => go({ at: 'settings' })}>
      <span className="pill-dot" aria-hidden="true" />
      <span className="heard-only">Node: </span>
      {pillText(connection, status)}
    </button>
  );
}
