/** The conversations, latest first. */
import { IonBadge, IonItem } from '@ionic/react';

import type { Account, Chat } from '../api/types';
import { Avatar } from '../parts/Avatar';
import { GroupIcon, InviteIcon, LinkIcon, SettingsIcon } from '../parts/icons';
import { IconButton } from '../parts/IconButton';
import { NodePill } from '../parts/NodePill';
import { StateMark } from '../parts/StateMark';
import { format, go, type Route } from '../router';
import { draft, draftPlace } from '../state/local';
import { chatOf, nameOf, useStore } from '../state/store';
import { exactTime, rowTime } from '../text/time';
import { FirstActions } from './FirstSteps';

interface Props {
  account: Account;
  route: Route;
  /** True where the list is all there is on the screen. */
  isMain: boolean;
}

export function ChatList({ account, route, isMain }: Props) {
  const chats = useStore((state) => state.chats);
  const openId = route.at === 'chat' || route.at === 'members' ? chatOf(chats, route.id)?.id : undefined;
  const Frame = isMain ? 'main' : 'nav';
  const Heading = isMain ? 'h1' : 'h2';
  return (
    <Frame className="list" data-landmark tabIndex={-1} {...(isMain ? {} : { 'aria-label': 'Conversations' })}>
      {!isMain && (
        <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
          Skip to the conversation
        </button>
      )}
      <header className="list-head">
        <div className="list-head-row">
          <Heading className="list-title" tabIndex={-1} data-heading>
            Chats
          </Heading>
          <span className="bar-actions">
            <IconButton label="Invite someone" onClick={() => go({ at: 'invite' })}>
              <InviteIcon />
            </IconButton>
            <IconButton label="I have a link" onClick={() => go({ at: 'join' })}>
              <LinkIcon />
            </IconButton>
            <IconButton label="New group" onClick={() => go({ at: 'newGroup' })}>
              <GroupIcon />
            </IconButton>
            <IconButton label="Settings" onClick={() => go({ at: 'settings' })}>
              <SettingsIcon />
            </IconButton>
          </span>
        </div>
        <NodePill />
      </header>
      <div className="list-body">
        {chats === null && <Skeleton />}
        {chats?.length === 0 && (
          <div className="list-empty">
            <p>
              <strong>No conversation yet</strong>
            </p>
            <FirstActions />
          </div>
        )}
        <ul>
          {chats?.map((chat) => (
            <li key={chat.id}>
              <Row chat={chat} account={account} isOpen={chat.id === openId} />
            </li>
          ))}
        </ul>
      </div>
    </Frame>
  );
}

function Row({ chat, account, isOpen }: { chat: Chat; account: Account; isOpen: boolean }) {
  const unread = useStore((state) => state.unread[chat.id] ?? 0);
  const to: Route = { at: 'chat', id: chat.id };
  const time = chat.lastMessage?.time ?? chat.updatedAt;
  return (
    <IonItem
      className={isOpen ? 'row is-open' : 'row'}
      href={format(to)}
      detail={false}
      lines="none"
      {...(isOpen ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      <Avatar id={chat.contact?.account ?? chat.id} name={chat.name} />
      <span className="row-text">
        <span className="row-line">
          <b className="row-name" dir="auto">
            {chat.name}
          </b>
          <time className="soft" dateTime={time} title={exactTime(time)}>
            {rowTime(time, new Date())}
          </time>
        </span>
        <span className="row-line">
          <LastLine chat={chat} account={account} isOpen={isOpen} />
          {unread > 0 && (
            <IonBadge>
              {unread}
              <span className="heard-only"> unread</span>
            </IonBadge>
          )}
        </span>
      </span>
    </IonItem>
  );
}

function LastLine({ chat, account, isOpen }: { chat: Chat; account: Account; isOpen: boolean }) {
  const last = chat.lastMessage;
  const sender = useStore((state) => (last === null ? '' : nameOf(state, last.sender)));
  const unsent = isOpen ? '' : draft(account.id, draftPlace(chat)) || (chat.draft ?? '');
  if (unsent !== '') {
    return (
      <span className="row-last">
        <b className="draft">Draft:</b> <bdi>{unsent}</bdi>
      </span>
    );
  }
  if (last === null) {
    return <span className="row-last soft">{emptyLine(chat)}</span>;
  }
  return (
    <span className="row-last soft">
      {last.self && <StateMark state={last.state} />}
      {chat.kind === 'group' && <>{sender}: </>}
      <bdi>{last.deleted ? 'Deleted' : last.text}</bdi>
    </span>
  );
}

function emptyLine(chat: Chat): string {
  if (chat.contact?.state === 'requested') return 'Waiting for an answer';
  return chat.contact?.state === 'refused' ? 'Refused' : 'No messages yet';
}

function Skeleton() {
  return (
    <div aria-busy="true">
      <span className="heard-only">Loading conversations</span>
      {[0, 1, 2].map((row) => (
        <div key={row} className="skeleton" aria-hidden="true" />
      ))}
    </div>
  );
}
