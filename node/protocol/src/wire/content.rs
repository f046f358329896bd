//! The content of an application message: deterministic CBOR with integer keys, inside the MLS message (PROTOCOL A4).
//!
//! A message is named by its author and the author's client id, so that nobody can take the name of another's message.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, MessageId, derive};

use crate::error::Rejection;
use crate::limits::{MENTIONS_MAX, REACTION_BYTES_MAX, TEXT_BYTES_MAX, TIMER_MS_MAX};

/// What a content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// Says something; answers `target`, if there is one.
    Text,
    /// Gives the own message `target` another text.
    Edit,
    /// Takes the message `target` back, for all.
    Delete,
    /// Puts a reaction (`text`) on the message `target`.
    React,
    /// Takes that reaction back.
    Unreact,
    /// Sets after which time new messages of a direct conversation disappear.
    Settings,
    /// A later version knows it; `text` stands in for it.
    Unknown,
}

const TEXT: u8 = 1;
const EDIT: u8 = 2;
const DELETE: u8 = 3;
const REACT: u8 = 4;
const UNREACT: u8 = 5;
const SETTINGS: u8 = 6;

/// Names a message within its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct MessageRef {
    /// Who wrote it.
    #[n(0)]
    pub author: AccountId,
    /// Their client id.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub id: [u8; 16],
}

/// A stretch of a text that speaks of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Mention {
    /// Of whom.
    #[n(0)]
    pub account: AccountId,
    /// Where it begins, in characters (Unicode scalar values).
    #[n(1)]
    pub start: u32,
    /// How many characters it has.
    #[n(2)]
    pub length: u32,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Content {
    #[n(0)]
    kind: u8,
    /// The sender's client id; also the salt of the commitment and of the message id.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// Unix milliseconds by the sender's clock.
    #[n(2)]
    pub sent_at: u64,
    /// The text, or the reaction; for kinds this version does not know, a fallback.
    #[n(3)]
    pub text: String,
    /// What it answers, changes or reacts to.
    #[n(4)]
    pub target: Option<MessageRef>,
    /// Whom the text mentions.
    #[n(5)]
    pub mentions: Option<Vec<Mention>>,
    /// After how many milliseconds from `sent_at` it disappears (DECISIONS 25); the new timer in settings, where 0 ends it.
    #[n(6)]
    pub timer: Option<u64>,
}

impl Content {
    /// A text.
    #[must_use]
    pub const fn text(salt: [u8; 16], sent_at: u64, text: String) -> Self {
        Self { kind: TEXT, salt, sent_at, text, target: None, mentions: None, timer: None }
    }

    /// Another text for `target`.
    #[must_use]
    pub const fn edit(salt: [u8; 16], sent_at: u64, target: MessageRef, text: String) -> Self {
        Self { kind: EDIT, salt, sent_at, text, target: Some(target), mentions: None, timer: None }
    }

    /// Takes `target` back.
    #[must_use]
    pub const fn delete(salt: [u8; 16], sent_at: u64, target: MessageRef) -> Self {
        Self { kind: DELETE, salt, sent_at, text: String::new(), target: Some(target), mentions: None, timer: None }
    }

    /// Puts a reaction on `target`, or takes it back.
    #[must_use]
    pub const fn reaction(salt: [u8; 16], sent_at: u64, target: MessageRef, emoji: String, chosen: bool) -> Self {
        let kind = if chosen { REACT } else { UNREACT };
        Self { kind, salt, sent_at, text: emoji, target: Some(target), mentions: None, timer: None }
    }

    /// Sets the timer of the conversation, in milliseconds; 0 ends it.
    #[must_use]
    pub const fn settings(salt: [u8; 16], sent_at: u64, timer: u64) -> Self {
        Self { kind: SETTINGS, salt, sent_at, text: String::new(), target: None, mentions: None, timer: Some(timer) }
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> ContentKind {
        match self.kind {
            TEXT => ContentKind::Text,
            EDIT => ContentKind::Edit,
            DELETE => ContentKind::Delete,
            REACT => ContentKind::React,
            UNREACT => ContentKind::Unreact,
            SETTINGS => ContentKind::Settings,
            _ => ContentKind::Unknown,
        }
    }

    /// The plaintext to encrypt.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::record::encode(self)
    }

    /// Reads a plaintext. Of a kind that this version does not know, only the fields every kind has must be there.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is not one content, not in its canonical form, lacks what its kind needs, or is over a limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        let malformed = Rejection::Malformed { what: "content" };
        let content: Self = crate::record::decode(bytes, "content").map_err(|_| malformed.clone())?;
        let canonical = content.kind() == ContentKind::Unknown || content.to_bytes() == bytes;
        if !canonical || content.text.len() > TEXT_BYTES_MAX || !content.is_complete() {
            return Err(malformed);
        }
        Ok(content)
    }

    /// Whether it has what its kind needs, and nothing else.
    fn is_complete(&self) -> bool {
        let (target, plain) = (self.target.is_some(), self.mentions.is_none() && self.timer.is_none());
        let timer = self.timer.is_none_or(|timer| timer <= TIMER_MS_MAX);
        match self.kind() {
            ContentKind::Text => self.are_mentions_valid() && timer && self.timer != Some(0),
            ContentKind::Edit => target && self.are_mentions_valid() && timer && self.timer != Some(0),
            ContentKind::Delete => target && plain && self.text.is_empty(),
            ContentKind::React | ContentKind::Unreact => target && plain && is_reaction(&self.text),
            ContentKind::Settings => {
                !target && self.mentions.is_none() && self.timer.is_some() && timer && self.text.is_empty()
            }
            ContentKind::Unknown => true,
        }
    }

    fn are_mentions_valid(&self) -> bool {
        let Some(mentions) = &self.mentions else { return true };
        let characters = self.text.chars().count();
        let inside = |mention: &Mention| {
            let end = u64::from(mention.start) + u64::from(mention.length);
            mention.length > 0 && usize::try_from(end).is_ok_and(|end| end <= characters)
        };
        !mentions.is_empty() && mentions.len() <= MENTIONS_MAX && mentions.iter().all(inside)
    }

    /// The commitment that stands beside the ciphertext (message franking): a keyed hash whose key only readers know.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        Self::commitment_of(&self.salt, &self.to_bytes())
    }

    /// The commitment to a plaintext as it came.
    #[must_use]
    pub fn commitment_of(salt: &[u8; 16], plaintext: &[u8]) -> [u8; 32] {
        derive("tidings/1/commitment", &[salt, plaintext])
    }

    /// Names the message in its conversation (MIMI-style, salted).
    #[must_use]
    pub fn message_id(
        &self,
        conversation: &ConversationId,
        device: &DeviceId,
        generation: u16,
        sequence: u64,
    ) -> MessageId {
        let parts: [&[u8]; 5] = [
            conversation.as_bytes(),
            device.as_bytes(),
            &generation.to_be_bytes(),
            &sequence.to_be_bytes(),
            &self.salt,
        ];
        MessageId::from_bytes(derive("tidings/1/message-id", &parts))
    }
}

/// Whether a text can be a reaction: short, and something to see.
#[must_use]
pub fn is_reaction(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= REACTION_BYTES_MAX
        && !text.chars().any(|character| character.is_control() || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const TARGET: MessageRef = MessageRef { author: AccountId::from_bytes([3; 32]), id: [4; 16] };

    fn every_kind() -> Vec<Content> {
        let mut mention = Content::text([1; 16], 5, "hi bob".into());
        mention.mentions = Some(vec![Mention { account: TARGET.author, start: 3, length: 3 }]);
        mention.target = Some(TARGET);
        mention.timer = Some(60_000);
        vec![
            Content::text([1; 16], 5, "hello".into()),
            mention,
            Content::edit([1; 16], 5, TARGET, "hello!".into()),
            Content::delete([1; 16], 5, TARGET),
            Content::reaction([1; 16], 5, TARGET, "👍".into(), true),
            Content::reaction([1; 16], 5, TARGET, "👍".into(), false),
            Content::settings([1; 16], 5, 0),
        ]
    }

    // REQ-MSG-1
    #[test]
    fn every_kind_is_read_as_it_was_written_and_nothing_else_is() {
        for content in every_kind() {
            let bytes = content.to_bytes();
            assert_eq!(Content::parse(&bytes).unwrap(), content);
            for end in 0..bytes.len() {
                assert!(Content::parse(bytes.get(..end).unwrap()).is_err(), "cut at {end}");
            }
            let mut longer = bytes;
            longer.push(0);
            assert!(Content::parse(&longer).is_err());
        }
    }

    // REQ-MSG-1
    #[test]
    fn a_content_that_lacks_or_has_too_much_for_its_kind_is_refused() {
        let bad = |change: &dyn Fn(&mut Content), kind: usize| {
            let mut content = every_kind().swap_remove(kind);
            change(&mut content);
            assert!(Content::parse(&content.to_bytes()).is_err(), "{content:?}");
        };
        bad(&|content| content.text = "x".repeat(TEXT_BYTES_MAX + 1), 0);
        bad(&|content| content.timer = Some(0), 0);
        bad(&|content| content.timer = Some(TIMER_MS_MAX + 1), 0);
        bad(&|content| content.mentions = Some(vec![Mention { account: TARGET.author, start: 3, length: 4 }]), 1);
        bad(&|content| content.mentions = Some(Vec::new()), 1);
        bad(&|content| content.target = None, 2);
        bad(&|content| content.text = "why".into(), 3);
        for emoji in ["", " ", "a\nb", &"x".repeat(REACTION_BYTES_MAX + 1)] {
            bad(&|content| content.text = emoji.into(), 4);
        }
        bad(&|content| content.timer = None, 6);
    }

    // REQ-MSG-1
    #[test]
    fn a_kind_of_a_later_version_shows_its_fallback() {
        let mut later = Content::text([1; 16], 5, "a poll: tea or coffee?".into());
        later.kind = 77;
        let mut bytes = later.to_bytes();
        // Two fields more than this version knows: a map of five is one of six.
        assert_eq!(bytes.first(), Some(&0xa4));
        bytes.splice(0..1, [0xa5]);
        bytes.extend([0x18, 40, 0x83, 1, 2, 3]);
        let read = Content::parse(&bytes).unwrap();
        assert_eq!((read.kind(), read.text.as_str()), (ContentKind::Unknown, "a poll: tea or coffee?"));
        assert_ne!(
            Content::commitment_of(&read.salt, &bytes),
            read.commitment(),
            "the commitment covers all that came"
        );
    }
}
