/** F6 and Shift+F6 go from one part of the page to the next. */
import { useEffect } from 'react';

export function useLandmarkKeys(): void {
  useEffect(() => {
    const step = (event: KeyboardEvent) => {
      if (event.key !== 'F6') return;
      const parts = [...document.querySelectorAll<HTMLElement>('[data-landmark]')].filter(
        (part) => part.getClientRects().length > 0,
      );
      const at = parts.findIndex((part) => part.contains(document.activeElement));
      const next = parts[(at + (event.shiftKey ? -1 : 1) + parts.length) % parts.length];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    };
    window.addEventListener('keydown', step);
    return () => window.removeEventListener('keydown', step);
  }, []);
}
