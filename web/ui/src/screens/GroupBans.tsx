/** Who is banned from a group, and letting them off. */
import { IonButton } from '@ionic/react';

import * as calls from '../api/calls';
import type { Banned, Group, Role } from '../api/types';
import { Avatar } from '../parts/Avatar';
import type { Question } from '../parts/Confirm';
import { readGroup } from '../state/chats';

interface Props {
  group: Group;
  own: Role | undefined;
  ask: (question: Question) => void;
}

export function GroupBans({ group, own, ask }: Props) {
  if (group.banned.length === 0) return null;
  const mayLift = own === 'owner' || own === 'admin' || own === 'moderator';
  return (
    <section>
      <h2>Banned</h2>
      <ul className="plain" aria-label="Banned">
        {group.banned.map((banned) => (
          <li key={banned.account} className="plain-row">
            <span className="person">
              <Avatar id={banned.account} name={banned.displayName} />
              <b dir="auto">{banned.displayName}</b>
            </span>
            {mayLift && (
              <IonButton
                fill="clear"
                aria-label={`Lift the ban of ${banned.displayName}`}
                onClick={() => ask(lifting(group, banned))}
              >
                Lift ban
              </IonButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function lifting(group: Group, banned: Banned): Question {
  return {
    title: `Lift the ban of ${banned.displayName}?`,
    text: 'They are not added by it: whoever may add people can add them again.',
    action: 'Lift ban',
    run: async () => {
      await calls.liftBan(group.id, banned.account);
      await readGroup(group.id);
    },
  };
}
