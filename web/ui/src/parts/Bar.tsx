/** The bar at the head of a view: back on a phone, the view's heading, its actions. */
import { IonButton, IonTitle, IonToolbar } from '@ionic/react';
import type { ReactNode } from 'react';

import { back, type Route } from '../router';
import { BackIcon } from './icons';

interface Props {
  title: ReactNode;
  /** Where back leads when the view was opened by its address. */
  from?: Route;
  children?: ReactNode;
}

export function Bar({ title, from, children }: Props) {
  return (
    <header className="bar">
      <IonToolbar>
        {from !== undefined && (
          <IonButton slot="start" fill="clear" className="icon-button back" aria-label="Back" onClick={() => back(from)}>
            <BackIcon />
          </IonButton>
        )}
        <IonTitle>
          <h1 tabIndex={-1} data-heading>
            {title}
          </h1>
        </IonTitle>
        {children !== undefined && (
          <div slot="end" className="bar-actions">
            {children}
          </div>
        )}
      </IonToolbar>
    </header>
  );
}
