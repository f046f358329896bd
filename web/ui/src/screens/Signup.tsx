/** Making an account on this node. */
import { useState } from 'react';

import type { SignupRequest, Version } from '../api/types';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { go } from '../router';
import { setupSecret } from '../state/local';
import { signup } from '../state/session';
import { Gate } from './Gate';

export function Signup({ version }: { version: Version | null }) {
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const [invite, setInvite] = useState(setupSecret() ?? '');
  const fresh = version?.fresh === true;

  function request(): SignupRequest {
    return {
      name: name.trim(),
      password,
      ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
      ...(invite.trim() === '' ? {} : { invite: invite.trim() }),
    };
  }

  if (!fresh && version?.registration === 'closed') return <Closed />;
  return (
    <Gate title={fresh ? 'Welcome to your new node' : 'Make an account'}>
      <p>
        {fresh
          ? 'This node has no account yet. The first one is its owner’s.'
          : 'This node keeps your keys. While you are unlocked, whoever runs it could read along; locked, it holds ciphertext only.'}
      </p>
      <Form action="Make the account" busyText="Making your keys…" submit={() => signup(request())}>
        <Field
          label="Name"
          hint="To log in with: 3 to 32 small letters, digits, dots or dashes."
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label="Name others see (optional)"
          name="name"
          autoComplete="name"
          value={displayName}
          onChange={(event) => setDisplayName(event.target.value)}
        />
        <Field
          label="Password"
          hint="At least 8 characters. It opens your keys on this node, and nobody can send it to you again."
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {!fresh && version?.registration !== 'open' && (
          <Field
            label="Invite to this node"
            hint="A link of the node’s owner. Not needed where the node is open to everybody."
            name="invite"
            autoComplete="off"
            value={invite}
            onChange={(event) => setInvite(event.target.value)}
          />
        )}
      </Form>
      {!fresh && <ToLogin />}
    </Gate>
  );
}

function Closed() {
  return (
    <Gate title="No new accounts here">
      <p>Whoever runs this node has closed it for new accounts. Ask them, or run a node of your own.</p>
      <ToLogin />
    </Gate>
  );
}

function ToLogin() {
  return (
    <p className="gate-other">
      You have an account?{' '}
      <a
        href="/app/login"
        onClick={(event) => {
          event.preventDefault();
          go({ at: 'login' });
        }}
      >
        Log in
      </a>
    </p>
  );
}
