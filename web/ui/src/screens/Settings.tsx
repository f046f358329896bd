/** The person's own account, and how the node is doing. */
import { IonButton } from '@ionic/react';
import { useState } from 'react';

import { problemOf } from '../api/client';
import type { Account, Problem, Status } from '../api/types';
import { Bar } from '../parts/Bar';
import { CopyButton } from '../parts/CopyButton';
import { pillText } from '../parts/NodePill';
import { ProblemNote } from '../parts/ProblemNote';
import { lock, logout } from '../state/session';
import { useStore } from '../state/store';
import { duration } from '../text/time';
import { Privacy } from './Privacy';

export function Settings({ account }: { account: Account }) {
  const status = useStore((state) => state.status);
  const connection = useStore((state) => state.connection);
  const [problem, setProblem] = useState<Problem | null>(null);

  function run(work: () => Promise<void>) {
    setProblem(null);
    work().catch((error: unknown) => setProblem(problemOf(error)));
  }

  return (
    <>
      <Bar from={{ at: 'home' }} title="Settings" />
      <div className="page">
        <section>
          <h2>You</h2>
          <dl>
            <dt>Name</dt>
            <dd>{account.displayName}</dd>
            <dt>Login</dt>
            <dd>{account.name}</dd>
            <dt>Handle</dt>
            <dd className="breaks">{account.handle}</dd>
            <dt>Account id</dt>
            <dd className="breaks">{account.id}</dd>
          </dl>
          <div className="actions start">
            <CopyButton text={account.handle} label="Copy handle" done="Handle copied" />
            <IonButton fill="outline" onClick={() => run(lock)}>
              Lock
            </IonButton>
            <IonButton fill="outline" color="danger" onClick={() => run(logout)}>
              Log out
            </IonButton>
          </div>
          {problem !== null && <ProblemNote problem={problem} />}
          <p className="soft">
            Lock takes your keys out of the node’s memory: messages still arrive, and wait. Log out ends this browser’s
            session and forgets its drafts.
          </p>
        </section>
        <Privacy />
        <section>
          <h2>Node</h2>
          <p>{pillText(connection, status)}</p>
          {status !== null && <Node status={status} />}
        </section>
      </div>
    </>
  );
}

/** How others reach the node, in words: nothing is promised that is not known. */
function reachText(reach: Status['reach']): string {
  switch (reach.kind) {
    case 'direct':
      return `Directly: another node has done so at ${reach.addresses.join(', ')}`;
    case 'relayed':
      return `Through relay ${reach.relays.filter((relay) => relay.reserved).map((relay) => relay.peerId).join(', ')}`;
    case 'unchecked':
      return `At ${reach.addresses.join(', ')} if nothing stands in the way; nobody has checked`;
    case 'local':
      return 'On this network only';
  }
}

function Node({ status }: { status: Status }) {
  return (
    <>
      {status.degraded.map((reason) => (
        <div className="hint" key={reason.code}>
          <p>{reason.detail}</p>
          {reason.fix && <p>{reason.fix}</p>}
        </div>
      ))}
      <dl>
        <dt>Version</dt>
        <dd>{status.version}</dd>
        <dt>Running for</dt>
        <dd>{duration(status.uptimeSeconds)}</dd>
        <dt>Waiting to be sent</dt>
        <dd>{status.outbox}</dd>
        <dt>Peer id</dt>
        <dd className="breaks">{status.peerId}</dd>
        <dt>Listens on</dt>
        <dd className="breaks">
          {status.listen.map((address) => (
            <div key={address}>{address}</div>
          ))}
        </dd>
        <dt>Reachable</dt>
        <dd className="breaks">{reachText(status.reach)}</dd>
        <dt>Connected nodes</dt>
        <dd className="breaks">
          {status.peers.length === 0 && 'None'}
          {status.peers.map((peer) => (
            <div key={peer.peerId}>
              {peer.peerId} ({peer.path}
              {peer.roundTripMs == null ? '' : `, ${peer.roundTripMs} ms`})
            </div>
          ))}
        </dd>
      </dl>
    </>
  );
}
