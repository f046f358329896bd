/** A question before something that cannot be taken back. */
import { IonButton, IonModal } from '@ionic/react';
import { useState } from 'react';

import { problemOf } from '../api/client';
import type { Problem } from '../api/types';
import { ProblemNote } from './ProblemNote';

export interface Question {
  title: string;
  text: string;
  action: string;
  run: () => Promise<void>;
}

export function Confirm({ question, close }: { question: Question | null; close: () => void }) {
  // The dialog takes its name when it is made, and closes with the words it had.
  const [asked, setAsked] = useState(question);
  if (question !== null && question !== asked) setAsked(question);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function act() {
    setBusy(true);
    setProblem(null);
    try {
      await question?.run();
      close();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }

  if (asked === null) return null;
  return (
    <IonModal
      key={asked.title}
      isOpen={question !== null}
      className="dialog"
      aria-label={asked.title}
      onDidDismiss={() => {
        setProblem(null);
        close();
      }}
    >
      <div className="dialog-body">
        <h2>{asked.title}</h2>
        <p>{asked.text}</p>
        {problem !== null && <ProblemNote problem={problem} />}
        <div className="actions">
          <IonButton fill="clear" onClick={close}>
            Cancel
          </IonButton>
          <IonButton color="danger" disabled={busy} onClick={() => void act()}>
            {asked.action}
          </IonButton>
        </div>
      </div>
    </IonModal>
  );
}
