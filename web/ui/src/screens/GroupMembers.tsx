/** Who is in a group; adding, removing, leaving. */
import { IonButton, IonChip } from '@ionic/react';
import { useEffect, useState } from 'react';

import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Account, Group, Member, Problem, Role } from '../api/types';
import { Avatar } from '../parts/Avatar';
import { Bar } from '../parts/Bar';
import { Confirm, type Question } from '../parts/Confirm';
import { ProblemNote } from '../parts/ProblemNote';
import { go } from '../router';
import { readGroup, reload } from '../state/chats';
import { chatOf, useStore } from '../state/store';
import { AddMember } from './AddMember';

const ROLES: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  moderator: 'Moderator',
  member: 'Member',
  readonly: 'Reads only',
};

export function GroupMembers({ id, account }: { id: string; account: Account }) {
  const groupId = useStore((state) => chatOf(state.chats, id)?.group ?? id);
  const group = useStore((state) => state.groups[groupId]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);

  useEffect(() => {
    readGroup(groupId).catch((error: unknown) => setProblem(problemOf(error)));
  }, [groupId]);

  const own = group?.members.find((member) => member.account === account.id);
  const isAdmin = own?.role === 'owner' || own?.role === 'admin';
  return (
    <>
      <Bar from={{ at: 'chat', id }} title={group === undefined ? 'Members' : `Members of ${group.name}`} />
      <div className="page">
        {problem !== null && <ProblemNote problem={problem} />}
        <ul className="plain" aria-label="Members">
          {group?.members.map((member) => (
            <li key={member.account} className="plain-row">
              <Person member={member} isSelf={member.account === account.id} />
              {isAdmin && member.account !== account.id && member.role !== 'owner' && (
                <IonButton
                  fill="clear"
                  color="danger"
                  aria-label={`Remove ${member.displayName}`}
                  onClick={() => setQuestion(removal(group, member))}
                >
                  Remove
                </IonButton>
              )}
            </li>
          ))}
        </ul>
        {group !== undefined && isAdmin && <AddMember group={group} />}
        {group !== undefined && own !== undefined && (
          <section className="page-end">
            <IonButton fill="outline" color="danger" onClick={() => setQuestion(leaving(group, account))}>
              Leave the group
            </IonButton>
          </section>
        )}
      </div>
      <Confirm question={question} close={() => setQuestion(null)} />
    </>
  );
}

function Person({ member, isSelf }: { member: Member; isSelf: boolean }) {
  return (
    <span className="person">
      <Avatar id={member.account} name={member.displayName} />
      <span>
        <b dir="auto">{isSelf ? `${member.displayName} (you)` : member.displayName}</b>
        <br />
        <small className="soft">{ROLES[member.role]}</small>
      </span>
      {member.state === 'invited' && <IonChip title="Is added when the node is reached">Invited</IonChip>}
    </span>
  );
}

function removal(group: Group, member: Member): Question {
  return {
    title: `Remove ${member.displayName}?`,
    text: 'They can read nothing that is written from now on. What they have read they may keep.',
    action: 'Remove',
    run: async () => {
      await calls.removeMember(group.id, member.account);
      await readGroup(group.id);
    },
  };
}

function leaving(group: Group, account: Account): Question {
  return {
    title: `Leave ${group.name}?`,
    text: 'You get no more messages of this group. Only its admins can add you again.',
    action: 'Leave',
    run: async () => {
      await calls.removeMember(group.id, account.id);
      go({ at: 'home' }, 'replace');
      await reload();
    },
  };
}
