/** Giving a member of a group another role. The node decides who may; what it refuses is shown. */
import { useState } from 'react';

import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Group, Member, Problem, Role } from '../api/types';
import { ProblemNote } from '../parts/ProblemNote';
import { readGroup } from '../state/chats';

export const ROLES: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  moderator: 'Moderator',
  member: 'Member',
  readonly: 'Reads only',
};

const ORDER: readonly Role[] = ['owner', 'admin', 'moderator', 'member', 'readonly'];

/** What `own` may make of others: nobody gives a role above the own one. */
export function rolesToGive(own: Role): readonly Role[] {
  if (own !== 'owner' && own !== 'admin') return [];
  return ORDER.slice(ORDER.indexOf(own));
}

export function MemberRole({ group, member, own }: { group: Group; member: Member; own: Role }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function give(role: Role) {
    setBusy(true);
    setProblem(null);
    try {
      await calls.setRole(group.id, member.account, role);
      await readGroup(group.id);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <select
        aria-label={`Role of ${member.displayName}`}
        value={member.role}
        disabled={busy}
        onChange={(event) => {
          const role = ORDER.find((known) => known === event.target.value);
          if (role !== undefined) void give(role);
        }}
      >
        {rolesToGive(own).map((role) => (
          <option key={role} value={role}>
            {ROLES[role]}
          </option>
        ))}
      </select>
      {problem !== null && <ProblemNote problem={problem} />}
    </>
  );
}
