/** What a group is called, what it is for, and who writes in it. */
import { useState } from 'react';

import * as calls from '../api/calls';
import type { Group, Role } from '../api/types';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { readGroup, reload } from '../state/chats';

export function GroupChange({ group, own }: { group: Group; own: Role }) {
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? '');
  const [post, setPost] = useState(group.settings.post);

  async function save() {
    const rules = own === 'owner' ? { post } : {};
    await calls.changeGroup(group.id, { name, description, ...rules });
    await readGroup(group.id);
    await reload();
  }

  return (
    <Form action="Save" disabled={name.trim() === ''} submit={save}>
      <Field label="Name" value={name} maxLength={256} onChange={(event) => setName(event.target.value)} />
      <Field
        label="What it is for"
        value={description}
        maxLength={2048}
        onChange={(event) => setDescription(event.target.value)}
      />
      {own === 'owner' && (
        <div className="field">
          <label htmlFor="group-post">Who may write</label>
          <select
            id="group-post"
            value={post}
            onChange={(event) => setPost(event.target.value === 'roles' ? 'roles' : 'everyone')}
          >
            <option value="everyone">Everyone</option>
            <option value="roles">Owners, admins and moderators</option>
          </select>
        </div>
      )}
    </Form>
  );
}
