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
import { GroupBans } from './GroupBans';
import { GroupChange } from './GroupChange';
import { MemberRole, ROLES, rolesToGive } from './MemberRole';

export function GroupMembers({ id, account }: { id: string; account: Account }) {
  const groupId = useStore((state) => chatOf(state.chats, id)?.group ?? id);
  const group = useStore((state) => state.groups[groupId]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);

  useEffect(() => {
    readGroup(groupId).catch((error: unknown) => setProblem(problemOf(error)));
  }, [groupId]);

  const own = group?.members.find((member) => member.account === account.id);
  return (
    <>
      <Bar from={{ at: 'chat', id }} title={group === undefined ? 'Members' : `Members of ${group.name}`} />
      <div className="page">
        {problem !== null && <ProblemNote problem={problem} />}
        <ul className="plain" aria-label="Members">
          {group?.members.map((member) => (
            <li key={member.account} className="plain-row">
              <Person member={member} isSelf={member.account === account.id} />
              {own !== undefined && canChange(own.role, member, account) && (
                <MemberRole group={group} member={member} own={own.role} />
              )}
              {own !== undefined && canRemove(own.role, member, account) && (
                <PutOut group={group} member={member} ask={setQuestion} />
              )}
            </li>
          ))}
        </ul>
        {group !== undefined && <GroupBans group={group} own={own?.role} ask={setQuestion} />}
        {group !== undefined && canAdd(own?.role, group) && <AddMember group={group} />}
        {group !== undefined && own !== undefined && rolesToGive(own.role).length > 0 && (
          <GroupChange key={group.epoch} group={group} own={own.role} />
        )}
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

function PutOut({ group, member, ask }: { group: Group; member: Member; ask: (question: Question) => void }) {
  const ways = [
    { words: 'Remove', question: removal },
    { words: 'Remove and ban', question: ban },
  ];
  return ways.map(({ words, question }) => (
    <IonButton
      key={words}
      fill="clear"
      color="danger"
      aria-label={`${words} ${member.displayName}`}
      onClick={() => ask(question(group, member))}
    >
      {words}
    </IonButton>
  ));
}

/** Which of several of one role is the senior the node knows: it refuses what goes too far, and says so. */
function canChange(own: Role, member: Member, account: Account): boolean {
  return member.account !== account.id && member.state === 'member' && rolesToGive(own).includes(member.role);
}

function canRemove(own: Role, member: Member, account: Account): boolean {
  if (member.account === account.id) return false;
  if (own === 'moderator') return member.role === 'member' || member.role === 'readonly';
  return rolesToGive(own).includes(member.role);
}

function canAdd(own: Role | undefined, group: Group): boolean {
  switch (group.settings.add) {
    case 'admins':
      return own === 'owner' || own === 'admin';
    case 'moderators':
      return own === 'owner' || own === 'admin' || own === 'moderator';
    case 'members':
      return own !== undefined && own !== 'readonly';
  }
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

function ban(group: Group, member: Member): Question {
  return {
    title: `Remove and ban ${member.displayName}?`,
    text: 'They can read nothing that is written from now on, and nobody can add them again before the ban is lifted.',
    action: 'Remove and ban',
    run: async () => {
      await calls.ban(group.id, member.account);
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
