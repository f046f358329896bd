/** A form that shows why it was refused and cannot be sent twice at once. */
import { IonButton, IonSpinner } from '@ionic/react';
import { type FormEvent, type ReactNode, useState } from 'react';

import { problemOf } from '../api/client';
import type { Problem } from '../api/types';
import { ProblemNote } from './ProblemNote';

interface Props {
  action: string;
  /** What is said while it runs, where that takes a while. */
  busyText?: string;
  submit: () => Promise<void>;
  disabled?: boolean;
  children: ReactNode;
}

export function Form({ action, busyText, submit, disabled = false, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function run(event: FormEvent) {
    event.preventDefault();
    if (busy || disabled) return;
    setBusy(true);
    setProblem(null);
    try {
      await submit();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="form" onSubmit={(event) => void run(event)}>
      {children}
      {problem !== null && <ProblemNote problem={problem} />}
      <IonButton type="submit" expand="block" disabled={busy || disabled}>
        {busy && <IonSpinner name="crescent" className="button-spinner" aria-hidden="true" />}
        {busy ? (busyText ?? action) : action}
      </IonButton>
    </form>
  );
}
