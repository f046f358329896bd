/** A new group: its name and its first members. */
import { IonCheckbox } from '@ionic/react';
import { useState } from 'react';

import * as calls from '../api/calls';
import { Avatar } from '../parts/Avatar';
import { Bar } from '../parts/Bar';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { go } from '../router';
import { reload } from '../state/chats';
import { useStore } from '../state/store';

export function NewGroup() {
  const contacts = useStore((state) => state.contacts);
  const accepted = contacts?.filter((contact) => contact.state === 'accepted') ?? [];
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());

  function choose(account: string, isChosen: boolean) {
    const next = new Set(chosen);
    if (isChosen) next.add(account);
    else next.delete(account);
    setChosen(next);
  }

  async function create() {
    const group = await calls.createGroup({ name: name.trim(), members: [...chosen] });
    await reload();
    go({ at: 'chat', id: group.id }, 'replace');
  }

  return (
    <>
      <Bar from={{ at: 'home' }} title="New group" />
      <div className="page">
        <Form action="Make the group" busyText="Making the group…" disabled={name.trim() === ''} submit={create}>
          <Field
            label="Name of the group"
            required
            autoFocus
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <fieldset className="choice">
            <legend>Members</legend>
            {accepted.length === 0 && (
              <p className="soft">You have no contacts yet. Invite somebody first; you can add them to the group later.</p>
            )}
            {accepted.map((contact) => (
              <div key={contact.account} className="person">
                <Avatar id={contact.account} name={contact.displayName} />
                <IonCheckbox
                  labelPlacement="start"
                  checked={chosen.has(contact.account)}
                  onIonChange={(event) => choose(contact.account, event.detail.checked)}
                >
                  {contact.displayName}
                </IonCheckbox>
              </div>
            ))}
          </fieldset>
        </Form>
      </div>
    </>
  );
}
