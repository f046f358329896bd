/** What can be done to one message: answer, react, and with one's own: edit, take back, try again, give up. */
import { useRef, useState } from 'react';

import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Account, Chat, Message } from '../api/types';
import { Confirm, type Question } from '../parts/Confirm';
import { MoreIcon } from '../parts/icons';
import { isUnsent } from '../state/changes';
import { compose } from '../state/chats';
import { update } from '../state/store';

const REACTIONS: readonly [emoji: string, name: string][] = [
  ['👍', 'thumbs up'],
  ['❤️', 'heart'],
  ['😂', 'laughing'],
];

interface Props {
  chat: Chat;
  account: Account;
  message: Message;
}

export function MessageActions({ chat, account, message }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  if (message.deleted || isUnsent(message) || !chat.active) return null;
  const close = () => {
    if (menu.current !== null) menu.current.open = false;
  };
  const act = (work: () => void) => () => {
    close();
    work();
  };
  const isWaiting = message.self && message.state === 'queued';
  const canEdit = message.self && message.conversation !== chat.contact?.account;
  return (
    <>
      <details className="message-menu" ref={menu} onKeyDown={(event) => event.key === 'Escape' && close()}>
        <summary aria-label="Actions" title="Actions">
          <MoreIcon />
        </summary>
        <div className="message-acts">
          {REACTIONS.map(([emoji, name]) => (
            <button
              key={emoji}
              type="button"
              aria-label={`React with ${name}`}
              onClick={act(() => toggle(message, emoji, account.id))}
            >
              {emoji}
            </button>
          ))}
          <button type="button" onClick={act(() => compose({ chat: chat.id, kind: 'reply', message }))}>
            Reply
          </button>
          {canEdit && (
            <button type="button" onClick={act(() => compose({ chat: chat.id, kind: 'edit', message }))}>
              Edit
            </button>
          )}
          {(isWaiting || (message.self && message.state === 'failed')) && (
            <button type="button" onClick={act(() => tell(calls.retryMessage(message.id)))}>
              Try now
            </button>
          )}
          {isWaiting && (
            <button type="button" onClick={act(() => tell(calls.cancelMessage(message.id)))}>
              Give up
            </button>
          )}
          {canEdit && !isWaiting && (
            <button type="button" onClick={act(() => setQuestion(deletion(message)))}>
              Delete for all
            </button>
          )}
        </div>
      </details>
      <Confirm question={question} close={() => setQuestion(null)} />
    </>
  );
}

function deletion(message: Message): Question {
  return {
    title: 'Delete this message for all?',
    text: 'It disappears from every device that hears of it. Others may have copies all the same.',
    action: 'Delete',
    run: () => calls.deleteMessage(message.id),
  };
}

/** Puts the account's reaction on a message, or takes it back. */
export function toggle(message: Message, emoji: string, account: string): void {
  const stands = message.reactions.some((one) => one.emoji === emoji && one.accounts.includes(account));
  tell(calls.react(message.id, emoji, !stands));
}

/** The event that follows shows what has changed; only a refusal needs words. */
function tell(work: Promise<unknown>): void {
  work.catch((error: unknown) => update(() => ({ notice: problemOf(error).detail })));
}
