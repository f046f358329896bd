/** One message: text only, never markup. */
import type { Account, Chat, Message, Quote } from '../api/types';
import { hue } from '../parts/Avatar';
import { StateMark } from '../parts/StateMark';
import { discard, sendAgain } from '../state/chats';
import { isUnsent } from '../state/changes';
import { nameOf, useStore } from '../state/store';
import { sentence } from '../text/message';
import { clockTime, exactTime } from '../text/time';
import { MessageActions, toggle } from './MessageActions';

interface Props {
  chat: Chat;
  account: Account;
  message: Message;
  isContinued: boolean;
}

export function Bubble({ chat, account, message, isContinued }: Props) {
  const sender = useStore((state) => nameOf(state, message.sender));
  const showsSender = chat.kind === 'group' && !message.self && !isContinued;
  return (
    <article className={isContinued ? 'bubble is-continued' : 'bubble'} data-message={message.id}>
      <span className={showsSender ? `bubble-sender ink-${hue(message.sender)}` : 'heard-only'}>
        {sender}
        <span className="heard-only">: </span>
      </span>
      {message.quoted != null && !message.deleted && <Quoted quote={message.quoted} />}
      <p className={message.deleted ? 'bubble-text soft' : 'bubble-text'} dir="auto">
        {message.deleted ? 'This message was deleted' : message.text}
      </p>
      {message.reactions.length > 0 && <Reactions account={account} message={message} />}
      <footer className="bubble-foot">
        <MessageActions chat={chat} account={account} message={message} />
        {message.expiresAt != null && (
          <span title={`Disappears at ${exactTime(message.expiresAt)}`}>disappears</span>
        )}
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

/** What the message answers, as it stands now. */
function Quoted({ quote }: { quote: Quote }) {
  const sender = useStore((state) => nameOf(state, quote.sender));
  return (
    <blockquote className="bubble-quote" dir="auto">
      <b>{sender}</b> {quote.text === '' ? 'a message that is gone' : quote.text}
    </blockquote>
  );
}

/** Each emoji with how many chose it; pressing it joins them or leaves them. */
function Reactions({ account, message }: { account: Account; message: Message }) {
  return (
    <div className="reactions">
      {message.reactions.map(({ emoji, accounts }) => {
        const isOwn = accounts.includes(account.id);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={isOwn}
            aria-label={`${emoji}, ${accounts.length}`}
            onClick={() => toggle(message, emoji, account.id)}
          >
            {emoji} {accounts.length}
          </button>
        );
      })}
    </div>
  );
}

/** Why a message waits or failed, and what can be done. */
function Waiting({ chat, message }: { chat: Chat; message: Message }) {
  const waits = message.state === 'queued' || message.state === 'sent';
  if (waits && message.reason) {
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
