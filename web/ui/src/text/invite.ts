/** Invite links as text. What is inside them only nodes read. */

/** The link in a pasted text, without what stands around it; null where there is none. */
export function findLink(pasted: string): string | null {
  return /(?:https?:\/\/[^\s#]*|tidings:i\/?)?#[vg]\d+\.[A-Za-z0-9_-]+/.exec(pasted)?.[0] ?? null;
}

/** Whether a link leads into a group; others make a contact. */
export const leadsIntoGroup = (link: string): boolean => /#g\d+\./.test(link);
