/** Making invite links, and taking them back. */
import { IonButton } from '@ionic/react';
import { useEffect, useState } from 'react';

import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Invite, InviteKind, Problem } from '../api/types';
import { Bar } from '../parts/Bar';
import { CopyButton } from '../parts/CopyButton';
import { Form } from '../parts/Form';
import { ProblemNote } from '../parts/ProblemNote';
import { QrCode } from '../parts/QrCode';
import { duration, exactTime } from '../text/time';

const HOUR = 3_600;
const TIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR] as const;

const KINDS: Readonly<Record<Exclude<InviteKind, 'group'>, string>> = {
  contact: 'Talk with me',
  account: 'Make an account on this node',
};

export function InvitePage() {
  const [kind, setKind] = useState<keyof typeof KINDS>('contact');
  const [seconds, setSeconds] = useState<number>(24 * HOUR);
  const [made, setMade] = useState<Invite | null>(null);
  const [open, setOpen] = useState<Invite[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    calls.invites().then(setOpen, (error: unknown) => setProblem(problemOf(error)));
  }, [made]);

  async function make() {
    setMade(await calls.createInvite({ kind, uses: 1, expiresInSeconds: seconds }));
  }

  async function revoke(invite: Invite) {
    try {
      await calls.revokeInvite(invite.id);
      setOpen((invites) => invites.filter((one) => one.id !== invite.id));
      if (made?.id === invite.id) setMade(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  }

  return (
    <>
      <Bar from={{ at: 'home' }} title="Invite someone" />
      <div className="page">
        <Form action="Make a link" submit={make}>
          <fieldset className="choice">
            <legend>Whoever opens it may</legend>
            {Object.entries(KINDS).map(([value, label]) => (
              <label key={value}>
                <input
                  type="radio"
                  name="kind"
                  checked={kind === value}
                  onChange={() => setKind(value === 'account' ? 'account' : 'contact')}
                />
                {label}
              </label>
            ))}
          </fieldset>
          <div className="field">
            <label htmlFor="invite-time">It counts for</label>
            <select id="invite-time" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
              {TIMES.map((time) => (
                <option key={time} value={time}>
                  {time === HOUR ? '1 hour' : time === 24 * HOUR ? '24 hours' : '7 days'}
                </option>
              ))}
            </select>
          </div>
        </Form>
        {made !== null && <Made invite={made} />}
        {problem !== null && <ProblemNote problem={problem} />}
        {open.length > 0 && (
          <section>
            <h2>Open invites</h2>
            <ul className="plain">
              {open.map((invite) => (
                <li key={invite.id} className="plain-row">
                  <span>
                    {invite.note ?? KINDS[invite.kind === 'account' ? 'account' : 'contact']}
                    <br />
                    <small className="soft">until {exactTime(invite.expiresAt)}</small>
                  </span>
                  <IonButton fill="clear" color="danger" onClick={() => void revoke(invite)}>
                    Revoke
                  </IonButton>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </>
  );
}

function Made({ invite }: { invite: Invite }) {
  const link = invite.link ?? '';
  const left = (Date.parse(invite.expiresAt) - Date.now()) / 1_000;
  return (
    <section className="made" aria-label="Your invite link">
      <QrCode text={link} label="The invite link as a QR code" />
      <div className="field">
        <label htmlFor="invite-link">Invite link</label>
        <textarea id="invite-link" readOnly rows={4} value={link} onFocus={(event) => event.target.select()} />
      </div>
      <p className="soft">
        Counts for {duration(Math.max(0, left + 1))}, once. Give it to one person only, and over a way you trust: whoever
        opens it first becomes your contact.
      </p>
      <div className="actions start">
        <CopyButton text={link} label="Copy the link" done="Link copied" />
      </div>
    </section>
  );
}
