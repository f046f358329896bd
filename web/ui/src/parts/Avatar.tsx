/** A round mark with the first letters of a name; the colour follows the id, so that it stays. */
import { IonAvatar } from '@ionic/react';

const HUES = 8;

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => Array.from(word ?? '?')[0] ?? '').join('').toLocaleUpperCase();
}

export function hue(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}

export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <IonAvatar className={`avatar hue-${hue(id)}`} aria-hidden="true">
      <span>{initials(name)}</span>
    </IonAvatar>
  );
}
