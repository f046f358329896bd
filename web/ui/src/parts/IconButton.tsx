/** A button that shows an icon and says its name to screen readers and on hover. */
import { IonButton } from '@ionic/react';
import type { ReactNode } from 'react';

interface Props {
  label: string;
  onClick: () => void;
  children: ReactNode;
}

export function IconButton({ label, onClick, children }: Props) {
  return (
    <IonButton fill="clear" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      {children}
    </IonButton>
  );
}
