/** Writing a message. What is not sent yet is kept in this browser. */
import { IonButton } from '@ionic/react';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

import type { Account, Chat } from '../api/types';
import { SendIcon } from '../parts/icons';
import { compose, editText, sendText } from '../state/chats';
import { draft, draftPlace, keepDraft } from '../state/local';
import { useStore } from '../state/store';
import { rested, typed } from '../state/typing';
import { sentence, TEXT_BYTES_MAX, TEXT_BYTES_NEAR, textBytes } from '../text/message';

/** On a touch screen Enter makes a new line, since there is no Shift beside it. */
const touch = window.matchMedia('(pointer: coarse)');

/** Why nothing can be written here; null where it can. */
function whyClosed(chat: Chat): string | null {
  if (chat.contact?.state === 'refused') {
    const why = sentence(chat.contact.reason ?? 'the invite did not count any more');
    return `The other side refused. ${why} Ask for a new invite.`;
  }
  return chat.active ? null : 'You are no longer in this conversation, so you cannot write to it.';
}

export function Composer({ chat, account }: { chat: Chat; account: Account }) {
  const place = draftPlace(chat);
  const [text, setText] = useState(() => draft(account.id, place) || (chat.draft ?? ''));
  const composing = useStore((state) => (state.composing?.chat === chat.id ? state.composing : null));
  const field = useRef<HTMLTextAreaElement>(null);
  const hint = useId();
  const bytes = textBytes(text);
  const whyNot = bytes > TEXT_BYTES_MAX ? `Too long by ${bytes - TEXT_BYTES_MAX} bytes.` : null;

  useEffect(() => keepDraft(account.id, place, text), [account.id, place, text]);
  useEffect(() => {
    if (!touch.matches) field.current?.focus();
  }, []);
  useEffect(() => {
    if (composing === null) return;
    if (composing.kind === 'edit') setText(composing.message.text);
    field.current?.focus();
  }, [composing]);
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  useEffect(() => rested, []);

  function change(written: string) {
    setText(written);
    // Who changes an old message does not write a new one.
    if (written !== '' && composing?.kind !== 'edit') typed(chat);
    else rested();
  }

  function send() {
    if (text.trim() === '' || whyNot !== null) return;
    setText('');
    rested();
    compose(null);
    field.current?.focus();
    if (composing?.kind === 'edit') void editText(composing.message, text);
    else void sendText(chat, text, composing?.message ?? null);
  }

  function leave() {
    if (composing?.kind === 'edit') setText('');
    compose(null);
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape' && composing !== null) leave();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || touch.matches) return;
    event.preventDefault();
    send();
  }

  const closed = whyClosed(chat);
  if (closed !== null) {
    return (
      <section className="composer" aria-label="Write a message" data-landmark tabIndex={-1}>
        <p className="soft">{closed}</p>
      </section>
    );
  }
  return (
    <section className="composer" aria-label="Write a message">
      {composing !== null && (
        <p className="composing">
          <span dir="auto">
            {composing.kind === 'edit' ? 'Editing: ' : 'Answering: '}
            {composing.message.text}
          </span>
          <button type="button" onClick={leave}>
            {composing.kind === 'edit' ? 'Do not edit' : 'Do not answer'}
          </button>
        </p>
      )}
      <div className="composer-row">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          placeholder={`Message to ${chat.name}`}
          aria-label={`Message to ${chat.name}`}
          aria-describedby={hint}
          aria-invalid={whyNot !== null}
          data-landmark
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <IonButton
          className="send"
          shape="round"
          aria-label="Send"
          title="Send"
          disabled={text.trim() === '' || whyNot !== null}
          onClick={send}
        >
          <SendIcon />
        </IonButton>
      </div>
      <p id={hint} className={bytes > TEXT_BYTES_NEAR ? 'composer-hint' : 'heard-only'}>
        {whyNot ?? (bytes > TEXT_BYTES_NEAR ? `${TEXT_BYTES_MAX - bytes} bytes left.` : 'Enter sends, Shift and Enter makes a new line.')}
      </p>
    </section>
  );
}
