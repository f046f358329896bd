/** Copies a text and says so. */
import { IonButton } from '@ionic/react';

import { update } from '../state/store';
import { CopyIcon } from './icons';

/** Plain HTTP on an address other than loopback has no clipboard for scripts. */
const BY_HAND = 'This browser does not let the page copy here. Select the text and copy it by hand.';

interface Props {
  text: string;
  label: string;
  done: string;
}

export function CopyButton({ text, label, done }: Props) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      update(() => ({ notice: done }));
    } catch {
      update(() => ({ notice: BY_HAND }));
    }
  }
  return (
    <IonButton fill="outline" onClick={() => void copy()}>
      <CopyIcon />
      {label}
    </IonButton>
  );
}
