/** The account is locked: the node holds only ciphertext of it until the password comes. */
import { IonButton } from '@ionic/react';
import { useState } from 'react';

import type { Account } from '../api/types';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { logout, unlock } from '../state/session';
import { Gate } from './Gate';

export function Unlock({ account }: { account: Account }) {
  const [password, setPassword] = useState('');
  return (
    <Gate title={`${account.displayName} is locked`}>
      <p>Your keys are not in the node’s memory. Messages still arrive and wait; nobody can read them there.</p>
      <Form action="Unlock" busyText="Opening your account…" submit={() => unlock(password)}>
        <input type="text" name="username" autoComplete="username" value={account.name} readOnly hidden />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Form>
      <IonButton fill="clear" expand="block" onClick={() => void logout().catch(() => undefined)}>
        Log out
      </IonButton>
    </Gate>
  );
}
