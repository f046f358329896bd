/** The messages of a conversation, newest at the bottom, where the view stays unless the reader has gone up. */
import { IonButton } from '@ionic/react';
import { Fragment, useLayoutEffect, useRef, useState } from 'react';

import type { Account, Chat, Message } from '../api/types';
import { DownIcon } from '../parts/icons';
import { loadOlder } from '../state/chats';
import type { Thread } from '../state/store';
import { continues, startsDay } from '../text/message';
import { dayName } from '../text/time';
import { Bubble } from './Bubble';

/** Closer than this to the end counts as at the end, in CSS pixels. */
const NEAR_END_PX = 80;

interface Props {
  chat: Chat;
  account: Account;
  thread: Thread;
  unreadAtOpen: number;
}

export function MessageList({ chat, account, thread, unreadAtOpen }: Props) {
  const { messages } = thread;
  const [firstUnread] = useState(() => messages.filter((message) => !message.self).at(-unreadAtOpen || Infinity)?.id);
  const scroll = useStickyScroll(messages);
  const [isLoading, setLoading] = useState(false);

  async function older() {
    setLoading(true);
    await loadOlder(chat);
    setLoading(false);
  }

  return (
    <div className="messages-frame">
      <div
        className="messages"
        ref={scroll.ref}
        onScroll={scroll.onScroll}
        role="log"
        aria-label={`Messages with ${chat.name}`}
        data-landmark
        tabIndex={0}
      >
        {thread.next !== null && (
          <IonButton fill="clear" className="older" disabled={isLoading} onClick={() => void older()}>
            {isLoading ? 'Loading…' : 'Load older messages'}
          </IonButton>
        )}
        {messages.length === 0 && <p className="soft messages-empty">{emptyText(chat)}</p>}
        <ol>
          {messages.map((message, index) => {
            const before = messages[index - 1];
            return (
              <Fragment key={message.id}>
                {startsDay(before, message) && (
                  <li className="day">
                    <span>{dayName(message.time, new Date())}</span>
                  </li>
                )}
                {message.id === firstUnread && (
                  <li className="unread-line">
                    <span>New messages</span>
                  </li>
                )}
                <li className={message.self ? 'message own' : 'message'}>
                  <Bubble chat={chat} account={account} message={message} isContinued={continues(before, message)} />
                </li>
              </Fragment>
            );
          })}
        </ol>
      </div>
      {!scroll.atEnd && (
        <button type="button" className="latest" onClick={scroll.toEnd}>
          <DownIcon />
          {scroll.below > 0 ? `${scroll.below} new` : 'Latest'}
        </button>
      )}
    </div>
  );
}

function emptyText(chat: Chat): string {
  if (chat.contact?.state === 'requested') {
    return 'Your request is on its way. You can write now; messages wait here until it is answered.';
  }
  return chat.contact?.state === 'refused' ? '' : 'No messages yet. Write the first.';
}

/** Keeps the end in view while the reader is there, and the reader's place when older ones come in above. */
function useStickyScroll(messages: Message[]) {
  const ref = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [below, setBelow] = useState(0);
  const before = useRef<{ first: string | undefined; last: string | undefined; height: number } | null>(null);
  const first = messages[0]?.id;
  const last = messages.at(-1);

  useLayoutEffect(() => {
    const pane = ref.current;
    if (pane === null) return;
    const was = before.current;
    const isNew = was !== null && was.last !== last?.id;
    if (was !== null && was.first !== first && was.last === last?.id) {
      pane.scrollTop += pane.scrollHeight - was.height;
    } else if (was === null || atEnd || (isNew && last?.self === true)) {
      pane.scrollTop = pane.scrollHeight;
    } else if (isNew) {
      setBelow((count) => count + 1);
    }
    before.current = { first, last: last?.id, height: pane.scrollHeight };
    // `atEnd` is read as it is when messages change; a change of it alone moves nothing.
  }, [messages]);

  useLayoutEffect(() => {
    const pane = ref.current;
    if (pane === null) return;
    // A keyboard on a phone, or a growing composer, makes the pane smaller: the end stays in view.
    const observer = new ResizeObserver(() => {
      if (atEnd) pane.scrollTop = pane.scrollHeight;
    });
    observer.observe(pane);
    return () => observer.disconnect();
  }, [atEnd]);

  function onScroll() {
    const pane = ref.current;
    if (pane === null) return;
    const isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END_PX;
    setAtEnd(isAtEnd);
    if (isAtEnd) setBelow(0);
  }

  function toEnd() {
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }

  return { ref, atEnd, below, onScroll, toEnd };
}
