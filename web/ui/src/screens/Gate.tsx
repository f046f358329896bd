/** The frame of the views before the conversations: log in, sign up, recovery key, unlock. */
import { IonCard } from '@ionic/react';
import type { ReactNode } from 'react';

import { CopyButton } from '../parts/CopyButton';
import { pendingInvite } from '../state/local';

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const invite = pendingInvite();
  return (
    <main className="gate" data-landmark tabIndex={-1}>
      <p className="wordmark">
        <img src="/app/icon.svg" alt="" width="36" height="36" /> Tidings
      </p>
      <IonCard className="gate-card">
        <h1 tabIndex={-1} data-heading>
          {title}
        </h1>
        {invite !== null && (
          <div className="hint">
            <p>
              <strong>You opened an invite.</strong> It is used as soon as you are in. You have a node of your own?
              Then copy the link and paste it there under “I have a link”.
            </p>
            <CopyButton text={invite} label="Copy the link" done="Link copied" />
          </div>
        )}
        {children}
      </IonCard>
    </main>
  );
}
