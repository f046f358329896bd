/** How far a message has come: a shape to see, words to hear. */
import type { DeliveryState } from '../api/types';
import { stateName } from '../text/message';
import { DeliveredIcon, FailedIcon, QueuedIcon, ReadIcon, SentIcon } from './icons';

const SHAPES: Readonly<Record<DeliveryState, () => React.ReactElement>> = {
  queued: QueuedIcon,
  sent: SentIcon,
  delivered: DeliveredIcon,
  read: ReadIcon,
  failed: FailedIcon,
};

export function StateMark({ state }: { state: DeliveryState }) {
  const Shape = SHAPES[state];
  return (
    <span className={`state state-${state}`} title={stateName(state)} data-state={state}>
      <Shape />
      <span className="heard-only">{stateName(state)}</span>
    </span>
  );
}
