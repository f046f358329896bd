/** An error: what, why, what now, and the code to name when asking for help. */
import type { Problem } from '../api/types';
import { sentence } from '../text/message';
import { duration } from '../text/time';

/** Fields of the API that bear another name on the screen. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'Name',
  password: 'Password',
  displayName: 'Name others see',
  invite: 'Invite',
  link: 'Invite link',
  members: 'Members',
  text: 'Text',
};

export function ProblemNote({ problem }: { problem: Problem }) {
  return (
    <div className="problem" role="alert">
      <strong>{problem.title}</strong>
      {problem.detail !== '' && <p>{sentence(problem.detail)}</p>}
      {(problem.fields?.length ?? 0) > 0 && (
        <ul>
          {problem.fields?.map((field) => (
            <li key={field.field}>
              <b>{FIELDS[field.field] ?? field.field}</b>: {field.detail}
            </li>
          ))}
        </ul>
      )}
      {problem.fix && <p>{sentence(problem.fix)}</p>}
      {problem.retryAfterSeconds ? <p>Try again in {duration(problem.retryAfterSeconds)}.</p> : null}
      {problem.code !== 'UNKNOWN' && <code>{problem.code}</code>}
    </div>
  );
}
