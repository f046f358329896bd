/** The recovery key, shown this once: 24 words that are the account. */
import { IonButton, IonCheckbox } from '@ionic/react';
import { useEffect, useState } from 'react';

import type { Account } from '../api/types';
import { CopyButton } from '../parts/CopyButton';
import { DownloadIcon, PrintIcon } from '../parts/icons';
import { Form } from '../parts/Form';
import { recoveryKeySaved } from '../state/session';
import { Gate } from './Gate';

/** What the file and the printed page say. */
export function kitText(account: Account, recoveryKey: string, made: Date): string {
  return [
    'Tidings recovery kit',
    '',
    `Account: ${account.name} (${account.handle})`,
    `Account id: ${account.id}`,
    `Made: ${made.toISOString()}`,
    '',
    'Recovery key, 24 words in this order:',
    recoveryKey,
    '',
    'Whoever has these words is this account. Keep them off line, and tell them to nobody.',
    '',
  ].join('\n');
}

const RELEASE_MS = 10_000;

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read it only after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}

export function RecoveryKey({ account, recoveryKey }: { account: Account; recoveryKey: string }) {
  const [saved, setSaved] = useState(false);
  const kit = kitText(account, recoveryKey, new Date());

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);

  return (
    <Gate title="Save your recovery key">
      <p>
        These 24 words open your account when the password is lost or this computer is gone. They are shown{' '}
        <strong>only now</strong>, and nobody else has them.
      </p>
      <ol className="words" aria-label="Recovery key">
        {recoveryKey.split(/\s+/).map((word, index) => (
          <li key={`${index}-${word}`}>{word}</li>
        ))}
      </ol>
      <div className="actions start no-print">
        <CopyButton text={recoveryKey} label="Copy" done="Recovery key copied" />
        <IonButton fill="outline" onClick={() => download(`recovery-kit-${account.name}.txt`, kit)}>
          <DownloadIcon />
          Download
        </IonButton>
        <IonButton fill="outline" onClick={() => window.print()}>
          <PrintIcon />
          Print
        </IonButton>
      </div>
      <p className="only-print">
        Account {account.name}, {account.handle}, {account.id}. Whoever has these words is this account.
      </p>
      <div className="no-print">
        <Form action="Go on" disabled={!saved} submit={() => recoveryKeySaved(account)}>
          <IonCheckbox
            labelPlacement="end"
            justify="start"
            checked={saved}
            onIonChange={(event) => setSaved(event.detail.checked)}
          >
            I saved it where I will find it again
          </IonCheckbox>
        </Form>
      </div>
    </Gate>
  );
}
