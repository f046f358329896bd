/** Adding one of one's contacts to a group. */
import { useState } from 'react';

import * as calls from '../api/calls';
import type { Group } from '../api/types';
import { Form } from '../parts/Form';
import { readGroup } from '../state/chats';
import { useStore } from '../state/store';

export function AddMember({ group }: { group: Group }) {
  const contacts = useStore((state) => state.contacts);
  const [account, setAccount] = useState('');
  const others =
    contacts?.filter(
      (contact) =>
        contact.state === 'accepted' && !group.members.some((member) => member.account === contact.account),
    ) ?? [];

  if (others.length === 0) return <p className="soft">All your contacts are in this group.</p>;

  async function add() {
    await calls.addMember(group.id, account);
    setAccount('');
    await readGroup(group.id);
  }

  return (
    <Form action="Add" disabled={account === ''} submit={add}>
      <div className="field">
        <label htmlFor="add-member">Add a contact</label>
        <select id="add-member" value={account} onChange={(event) => setAccount(event.target.value)}>
          <option value="">Choose…</option>
          {others.map((contact) => (
            <option key={contact.account} value={contact.account}>
              {contact.displayName}
            </option>
          ))}
        </select>
      </div>
    </Form>
  );
}
