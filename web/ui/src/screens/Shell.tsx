/** The list beside a conversation; on a phone one of the two. */
import { useEffect } from 'react';

import type { Account } from '../api/types';
import { useNarrow } from '../parts/screen';
import { go, type Route } from '../router';
import { pendingInvite } from '../state/local';
import { chatOf, useStore } from '../state/store';
import { ChatList } from './ChatList';
import { ChatView } from './ChatView';
import { GroupMembers } from './GroupMembers';
import { InvitePage } from './InvitePage';
import { JoinPage } from './JoinPage';
import { NewGroup } from './NewGroup';
import { Settings } from './Settings';
import { FirstSteps } from './FirstSteps';

export function Shell({ account, route }: { account: Account; route: Route }) {
  const said = useStore((state) => state.said);
  const isAway = route.at === 'login' || route.at === 'signup';
  const isNarrow = useNarrow();
  const isList = route.at === 'home' || isAway;
  useTitle(route);
  useEffect(() => {
    if (isAway) go({ at: pendingInvite() === null ? 'home' : 'join' }, 'replace');
  }, [isAway]);
  return (
    <div className="shell">
      {(!isNarrow || isList) && <ChatList account={account} route={route} isMain={isNarrow} />}
      {(!isNarrow || !isList) && (
        <main className="pane" id="main" data-landmark tabIndex={-1}>
          {pane(route, account)}
        </main>
      )}
      <div className="heard-only" role="status" aria-live="polite">
        {said}
      </div>
    </div>
  );
}

function pane(route: Route, account: Account) {
  switch (route.at) {
    case 'chat':
      return <ChatView key={route.id} id={route.id} account={account} />;
    case 'members':
      return <GroupMembers key={route.id} id={route.id} account={account} />;
    case 'newGroup':
      return <NewGroup />;
    case 'invite':
      return <InvitePage />;
    case 'join':
      return <JoinPage />;
    case 'settings':
      return <Settings account={account} />;
    case 'home':
    case 'login':
    case 'signup':
      return <FirstSteps />;
  }
}

function useTitle(route: Route): void {
  const name = useStore((state) =>
    route.at === 'chat' || route.at === 'members' ? chatOf(state.chats, route.id)?.name : undefined,
  );
  const unread = useStore((state) => Object.values(state.unread).reduce((sum, count) => sum + count, 0));
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name === undefined ? '' : `${name} · `}Tidings`;
  }, [name, unread]);
}
