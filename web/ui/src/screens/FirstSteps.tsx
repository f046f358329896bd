/** Beside the list when no conversation is open: what to do first. */
import { IonButton } from '@ionic/react';

import { InviteIcon, LinkIcon } from '../parts/icons';
import { go } from '../router';
import { useStore } from '../state/store';

export function FirstSteps() {
  const isEmpty = useStore((state) => state.chats !== null && state.chats.length === 0);
  return (
    <div className="blank">
      <h1 tabIndex={-1} data-heading className={isEmpty ? '' : 'heard-only'}>
        {isEmpty ? 'Nobody here yet' : 'Tidings'}
      </h1>
      {isEmpty ? <FirstActions /> : <p className="soft">Choose a conversation.</p>}
    </div>
  );
}

/** The two ways to somebody: ask, or be asked. */
export function FirstActions() {
  return (
    <>
      <p className="soft">Invite somebody with a link, or paste the link that somebody gave you.</p>
      <div className="actions">
        <IonButton onClick={() => go({ at: 'invite' })}>
          <InviteIcon />
          Invite someone
        </IonButton>
        <IonButton fill="outline" onClick={() => go({ at: 'join' })}>
          <LinkIcon />I have a link
        </IonButton>
      </div>
    </>
  );
}
