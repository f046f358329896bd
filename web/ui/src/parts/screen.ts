/** Whether there is room for one pane or two. */
import { useSyncExternalStore } from 'react';

const narrow = window.matchMedia('(max-width: 719.98px)');

/** True on a phone: one pane at a time. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => narrow.matches,
  );
}
