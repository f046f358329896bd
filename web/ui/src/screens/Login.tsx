/** Logging in. It unlocks the account too. */
import { useState } from 'react';

import type { Problem } from '../api/types';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { ProblemNote } from '../parts/ProblemNote';
import { go } from '../router';
import { login } from '../state/session';
import { Gate } from './Gate';

export function Login({ problem }: { problem: Problem | null }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Gate title="Log in">
      {problem !== null && <ProblemNote problem={problem} />}
      <Form action="Log in" busyText="Opening your account…" submit={() => login(name.trim(), password)}>
        <Field
          label="Name or e-mail"
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
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Form>
      <p className="gate-other">
        New on this node?{' '}
        <a
          href="/app/signup"
          onClick={(event) => {
            event.preventDefault();
            go({ at: 'signup' });
          }}
        >
          Make an account
        </a>
      </p>
    </Gate>
  );
}
