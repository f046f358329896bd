/** One message: text only, never markup. */
import type { Account, Chat, Message } from '../api/types';
import { hue } from '../parts/Avatar';
import { StateMark } from '../parts/StateMark';
import { discard, sendAgain } from '../state/chats';
import { isUnsent } from '../state/changes';
import { nameOf, useStore } from '../state/store';
import { sentence } from '../text/message';
import { clockTime, exactTime } from '../text/time';

interface Props {
  chat: Chat;
  account: Account;
  message: Message;
  isContinued: boolean;
}

export function Bubble({ chat, message, isContinued }: Props) {
  const sender = useStore((state) => nameOf(state, message.sender));
  const showsSender = chat.kind === 'group' && !message.self && !isContinued;
  return (
    <article className={isContinued ? 'bubble is-continued' : 'bubble'} data-message={message.id}>
      <span className={showsSender ? `bubble-sender ink-${hue(message.sender)}` : 'heard-only'}>
        {sender}
        <span className="heard-only">: </span>
      </span>
      <p className={message.deleted ? 'bubble-text soft' : 'bubble-text'} dir="auto">
        {message.deleted ? 'This message was deleted' : message.text}
      </p>
      <footer className="bubble-foot">
        {message.editedAt !== null && <span>edited</span>}
        <time dateTime={message.time} title={exactTime(message.time)}>
          {clockTime(message.time)}
        </time>
        {message.self && <StateMark state={message.state} />}
      </footer>
      {message.self && <Waiting chat={chat} message={message} />}
    </article>
  );
}

/** Why a message waits or failed, and what can be done. */
function Waiting({ chat, message }: { chat: Chat; message: Message }) {
  if (message.state === 'queued' && message.reason) {
    const again = message.nextTryAt ? ` Next try at ${clockTime(message.nextTryAt)}.` : '';
    return (
      <p className="bubble-why">
        {sentence(message.reason)}
        {again}
      </p>
    );
  }
  if (message.state !== 'failed') return null;
  return (
    <div className="bubble-why" role="alert">
      <p>{sentence(message.reason ?? 'the node did not say why')}</p>
      {isUnsent(message) && (
        <span className="bubble-actions">
          <button type="button" onClick={() => void sendAgain(chat, message)}>
            Try again
          </button>
          <button type="button" onClick={() => discard(chat, message)}>
            Discard
          </button>
        </span>
      )}
    </div>
  );
}
