/** Above the messages of a group: that this device waits to be let back in, and where the group goes on. */
import { IonButton } from '@ionic/react';
import { useEffect, useState } from 'react';

import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Group, Problem, Succession } from '../api/types';
import { Confirm, type Question } from '../parts/Confirm';
import { ProblemNote } from '../parts/ProblemNote';
import { go } from '../router';
import { readGroup, reload } from '../state/chats';
import { exactTime } from '../text/time';

export function GroupHalt({ group }: { group: Group }) {
  const [how, setHow] = useState<Succession | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const halted = group.waitingSince != null || group.successor != null;

  useEffect(() => {
    if (halted) calls.succession(group.id).then(setHow, (error: unknown) => setProblem(problemOf(error)));
  }, [group.id, halted, group.successor]);

  if (!halted) return null;
  const successor = group.successor;
  const canOpen = successor == null && how?.opensAt != null && new Date(how.opensAt) <= new Date();
  return (
    <section className="hint" aria-label="This group has come to a halt">
      {problem !== null && <ProblemNote problem={problem} />}
      {successor != null ? (
        <p>
          This group goes on in another.{' '}
          <IonButton size="small" onClick={() => go({ at: 'chat', id: successor })}>
            Go there
          </IonButton>
        </p>
      ) : (
        <p>
          This device waits since {exactTime(group.waitingSince ?? '')} for a member to let it back in. What you write waits
          too.
        </p>
      )}
      {successor == null &&
        how?.opened.map((opened) => (
          <p key={opened.group}>
            {group.members.find((member) => member.account === opened.account)?.displayName ?? 'A member'} has opened a
            group in which this one goes on.{' '}
            <IonButton size="small" fill="outline" onClick={() => setQuestion(joining(opened.link))}>
              Join it
            </IonButton>
          </p>
        ))}
      {canOpen && (
        <IonButton size="small" onClick={() => setQuestion(opening(group))}>
          Go on in a new group
        </IonButton>
      )}
      <Confirm question={question} close={() => setQuestion(null)} />
    </section>
  );
}

function joining(link: string): Question {
  return {
    title: 'Go on there?',
    text: 'Nothing is written in this group any more once you are in the other.',
    action: 'Join',
    run: async () => {
      await calls.joinGroup(link);
      await reload();
    },
  };
}

function opening(group: Group): Question {
  return {
    title: `Go on with ${group.name} in a new group?`,
    text: 'Nobody has let this device back in for two days. The new group has the same name and rules; the members are told and can come. Nothing is written in this one any more.',
    action: 'Open it',
    run: async () => {
      const successor = await calls.openSuccessor(group.id);
      await readGroup(group.id);
      await reload();
      go({ at: 'chat', id: successor.id });
    },
  };
}
