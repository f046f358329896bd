/** Taking an invite: one that was opened in this browser, or one that is pasted. */
import { IonButton } from '@ionic/react';
import { useState } from 'react';

import * as calls from '../api/calls';
import type { Contact, GroupJoin } from '../api/types';
import { Bar } from '../parts/Bar';
import { Form } from '../parts/Form';
import { go } from '../router';
import { reload, watchRequest } from '../state/chats';
import { keepInvite, pendingInvite } from '../state/local';
import { update } from '../state/store';
import { findLink, leadsIntoGroup } from '../text/invite';

function outcome(state: Contact['state'], name: string): string | null {
  switch (state) {
    case 'accepted':
      return `${name} is now your contact`;
    case 'requested':
      return 'Asked. The other node confirms when it is reached; you can write now.';
    case 'refused':
    case 'blocked':
      // The conversation itself says so.
      return null;
  }
}

function groupOutcome({ state, reason }: GroupJoin): string {
  switch (state) {
    case 'joined':
      return 'You are in';
    case 'requested':
      return 'Asked. The group is here once you are let in.';
    case 'refused':
      return `You were not let in: ${reason ?? ''}`;
  }
}

export function JoinPage() {
  const [opened, setOpened] = useState(pendingInvite);
  const [pasted, setPasted] = useState('');
  const link = opened ?? findLink(pasted);

  async function accept() {
    if (link === null) return;
    if (leadsIntoGroup(link)) {
      const join = await calls.joinGroup(link);
      keepInvite(null);
      await reload();
      update(() => ({ notice: groupOutcome(join) }));
      go({ at: 'home' }, 'replace');
      return;
    }
    const { contact, state } = await calls.addContact(link);
    keepInvite(null);
    await reload();
    if (state === 'requested') watchRequest(contact.account);
    update(() => ({ notice: outcome(state, contact.displayName) }));
    go({ at: 'chat', id: contact.conversation ?? contact.account }, 'replace');
  }

  function dismiss() {
    keepInvite(null);
    setOpened(null);
  }

  return (
    <>
      <Bar from={{ at: 'home' }} title={opened === null ? 'I have a link' : 'You are invited'} />
      <div className="page">
        {opened === null ? (
          <p>Paste the invite link that somebody gave you. It looks like https://…/i#v1.…</p>
        ) : leadsIntoGroup(opened) ? (
          <p>
            Somebody invites you into a group. When you accept, your node tells theirs who you are; you are in once
            they let you in.
          </p>
        ) : (
          <p>
            Somebody wants to talk with you. When you accept, your node tells theirs who you are, and both can write,
            end-to-end encrypted.
          </p>
        )}
        <Form
          action={opened === null ? 'Use this link' : 'Accept the invite'}
          busyText="Looking for the other node…"
          disabled={link === null}
          submit={accept}
        >
          {opened === null ? (
            <div className="field">
              <label htmlFor="pasted-link">Invite link</label>
              <textarea
                id="pasted-link"
                rows={4}
                autoFocus
                spellCheck={false}
                value={pasted}
                onChange={(event) => setPasted(event.target.value)}
              />
              {pasted.trim() !== '' && link === null && (
                <small className="warn">This is not a whole invite link: the part that begins with #v1. or #g1. is missing.</small>
              )}
            </div>
          ) : (
            <code className="link-shown">{opened}</code>
          )}
        </Form>
        {opened !== null && (
          <IonButton fill="clear" onClick={dismiss}>
            Not now
          </IonButton>
        )}
      </div>
    </>
  );
}
