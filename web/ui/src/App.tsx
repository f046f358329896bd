/** Chooses what to show by who is in, and keeps what every view has: notices, title, focus, landmark keys. */
import { IonSpinner, IonToast } from '@ionic/react';
import { useEffect } from 'react';

import { useLandmarkKeys } from './parts/landmarks';
import { type Route, useRoute } from './router';
import { Login } from './screens/Login';
import { RecoveryKey } from './screens/RecoveryKey';
import { Shell } from './screens/Shell';
import { Signup } from './screens/Signup';
import { Unlock } from './screens/Unlock';
import { type Session, update, useStore } from './state/store';

const NOTICE_MS = 4_000;

export function App() {
  const session = useStore((state) => state.session);
  const notice = useStore((state) => state.notice);
  const route = useRoute();
  useLandmarkKeys();
  useFocusOnHeading(`${session.kind} ${JSON.stringify(route)}`);
  return (
    <>
      {view(session, route)}
      <IonToast
        isOpen={notice !== null}
        message={notice ?? ''}
        duration={NOTICE_MS}
        position="bottom"
        cssClass="notice"
        onDidDismiss={() => update(() => ({ notice: null }))}
      />
    </>
  );
}

function view(session: Session, route: Route) {
  switch (session.kind) {
    case 'starting':
      return (
        <main className="gate" aria-busy="true">
          <IonSpinner name="crescent" />
          <p className="soft">Opening Tidings…</p>
        </main>
      );
    case 'out': {
      const asksForSignup = route.at === 'signup' || (session.version?.fresh === true && route.at !== 'login');
      return asksForSignup ? <Signup version={session.version} /> : <Login problem={session.problem} />;
    }
    case 'recovery':
      return <RecoveryKey account={session.account} recoveryKey={session.recoveryKey} />;
    case 'in':
      return session.locked ? <Unlock account={session.account} /> : <Shell account={session.account} route={route} />;
  }
}

/** A new view is announced by its heading, unless something in it took the focus. */
function useFocusOnHeading(key: string): void {
  useEffect(() => {
    const active = document.activeElement;
    if (active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement) return;
    const heading = [...document.querySelectorAll<HTMLElement>('main [data-heading]')].find(
      (one) => one.offsetParent !== null,
    );
    heading?.focus({ preventScroll: true });
  }, [key]);
}
