/** One conversation: its head, its messages, its composer. */
import { IonSpinner } from '@ionic/react';
import { useEffect, useState } from 'react';

import type { Account, Chat } from '../api/types';
import { Bar } from '../parts/Bar';
import { GroupIcon } from '../parts/icons';
import { IconButton } from '../parts/IconButton';
import { ProblemNote } from '../parts/ProblemNote';
import { go } from '../router';
import { loadThread, markSeen } from '../state/chats';
import { chatOf, getState, nameOf, useStore } from '../state/store';
import { typingText } from '../text/message';
import { Composer } from './Composer';
import { GroupHalt } from './GroupHalt';
import { MessageList } from './MessageList';

export function ChatView({ id, account }: { id: string; account: Account }) {
  const chat = useStore((state) => chatOf(state.chats, id));
  const isLoading = useStore((state) => state.chats === null);
  if (isLoading) {
    return (
      <div className="blank" aria-busy="true">
        <IonSpinner name="crescent" aria-label="Loading" />
      </div>
    );
  }
  if (chat === undefined) return <NotHere />;
  return <OpenChat key={chat.id} chat={chat} account={account} path={id} />;
}

function OpenChat({ chat, account, path }: { chat: Chat; account: Account; path: string }) {
  const thread = useStore((state) => state.threads[chat.id]);
  const group = useStore((state) => (chat.kind === 'group' ? state.groups[chat.group ?? chat.id] : undefined));
  const isLoaded = thread?.loaded === true;
  const [unreadAtOpen] = useState(() => getState().unread[chat.id] ?? 0);

  useEffect(() => {
    // A conversation takes the place of the contact's account id once it exists.
    if (path !== chat.id) go({ at: 'chat', id: chat.id }, 'replace');
  }, [path, chat.id]);

  useEffect(() => {
    if (isLoaded) markSeen(chat.id);
    else void loadThread(chat);
    // The chat's id is what names the thread; the object changes with every message.
  }, [chat.id, isLoaded]);

  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === 'visible') markSeen(chat.id);
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [chat.id]);

  return (
    <>
      <Head chat={chat} />
      {group !== undefined && <GroupHalt group={group} />}
      {thread?.problem != null && <ProblemNote problem={thread.problem} />}
      {isLoaded ? (
        <MessageList chat={chat} account={account} thread={thread} unreadAtOpen={unreadAtOpen} />
      ) : (
        <div className="messages" aria-busy="true" />
      )}
      <Composer chat={chat} account={account} />
    </>
  );
}

function Head({ chat }: { chat: Chat }) {
  const group = useStore((state) => (chat.kind === 'group' ? state.groups[chat.group ?? chat.id] : undefined));
  const online = useStore(
    (state) => state.contacts?.find((contact) => contact.account === chat.contact?.account)?.online,
  );
  const typing = useStore((state) => typingText((state.typing[chat.id] ?? []).map((one) => nameOf(state, one))));
  return (
    <Bar
      from={{ at: 'home' }}
      title={
        <>
          <span className="head-name" dir="auto">
            {chat.name}
          </span>
          {/* One line, whatever stands in it: nothing moves. */}
          <small className="soft" dir="auto">
            {typing ?? subtitle(chat, group?.members.length, online)}
          </small>
        </>
      }
    >
      {chat.kind === 'group' && (
        <IconButton label="Members" onClick={() => go({ at: 'members', id: chat.id })}>
          <GroupIcon />
        </IconButton>
      )}
    </Bar>
  );
}

function subtitle(chat: Chat, members: number | undefined, online: boolean | null | undefined): string {
  if (chat.kind === 'group') return members === undefined ? 'Group' : `${members} ${members === 1 ? 'member' : 'members'}`;
  if (chat.contact?.state === 'requested') return 'Waiting for an answer';
  if (chat.contact?.state === 'refused') return 'Refused';
  if (online === undefined || online === null) return 'End-to-end encrypted';
  return online ? 'Node online · end-to-end encrypted' : 'Node offline: messages wait';
}

function NotHere() {
  return (
    <>
      <Bar from={{ at: 'home' }} title="Conversation not found" />
      <div className="blank">
        <p>This account has no such conversation. It may belong to another account, or the address is not whole.</p>
      </div>
    </>
  );
}
