/** What others see of the person, each both ways. */
import { IonCheckbox } from '@ionic/react';
import { useState } from 'react';

import { problemOf } from '../api/client';
import type { PrivacySettings, Problem } from '../api/types';
import { ProblemNote } from '../parts/ProblemNote';
import { setPrivacy } from '../state/chats';
import { useStore } from '../state/store';

export function Privacy() {
  const privacy = useStore((state) => state.privacy);
  const [problem, setProblem] = useState<Problem | null>(null);

  function change(settings: Partial<PrivacySettings>) {
    setProblem(null);
    setPrivacy(settings).catch((error: unknown) => setProblem(problemOf(error)));
  }

  if (privacy === null) return null;
  return (
    <section>
      <h2>Privacy</h2>
      <IonCheckbox
        labelPlacement="end"
        justify="start"
        checked={privacy.readReceipts}
        onIonChange={(event) => change({ readReceipts: event.detail.checked })}
      >
        Show what I have read
      </IonCheckbox>
      <IonCheckbox
        labelPlacement="end"
        justify="start"
        checked={privacy.typingIndicators}
        onIonChange={(event) => change({ typingIndicators: event.detail.checked })}
      >
        Show my contacts that I am typing
      </IonCheckbox>
      {problem !== null && <ProblemNote problem={problem} />}
      <p className="soft">Both ways: what you do not show, you do not see of others.</p>
    </section>
  );
}
