//! Requests, answers, events and errors of the Tidings REST API: one resource a file, no logic.
//!
//! Spec: `docs/API.md`. JSON is camelCase, times are RFC 3339 in UTC, ids are strings. Requests refuse unknown
//! fields; answers and events may grow new ones, which clients ignore. The web interface's TypeScript types are
//! generated from the OpenAPI document that the node derives from these types.
//!
//! Not here: routes, checks, storage. An id is not parsed here, since this crate stands apart from the cryptography.

pub mod auth;
pub mod chat;
pub mod contact;
pub mod event;
pub mod group;
pub mod group_settings;
pub mod invite;
pub mod join;
pub mod mailbox;
pub mod me;
pub mod page;
pub mod problem;
pub mod recovery;
pub mod schemas;
pub mod secret;
pub mod status;
mod successor;

pub use auth::{LoginRequest, PasswordRequest, RefreshAnswer, SessionAnswer, SignupAnswer, SignupRequest};
pub use chat::{
    ArchiveRequest, Attachment, AttachmentRequest, Chat, ChatKind, Delivery, DeliveryState, DraftRequest, EditRequest,
    Mention, Message, MuteRequest, Quote, Reaction, ReadRequest, SendRequest, ShownRequest, TimerRequest,
    TypingRequest,
};
pub use contact::{Contact, ContactAnswer, ContactRequest, ContactState};
pub use event::{Event, EventBody, EventQuery};
pub use group::{
    BanRequest, Banned, Group, GroupCreateRequest, GroupSendRequest, Member, MemberAddRequest, MemberState, Role,
};
pub use group_settings::{
    AddRule, GroupAct, GroupLogEntry, GroupPatchRequest, GroupSettings, JoinRule, MemberDeleteQuery,
    MemberPatchRequest, PostRule, RecoveryRule,
};
pub use invite::{Invite, InviteKind, InviteRequest};
pub use join::{GroupJoin, JoinRequest, JoinState, Request, RequestKind};
pub use mailbox::{Mailbox, MailboxRequest, MailboxState, Voucher, VoucherRequest};
pub use me::{Account, Me, PrivacyPatchRequest, PrivacySettings};
pub use page::{Page, PageQuery};
pub use problem::{ErrorCode, FieldProblem, PROBLEM_CONTENT_TYPE, Problem};
pub use recovery::{GroupPetition, Petition, Recovery, RecoveryAdmin, RecoveryRequest};
pub use schemas::Schemas;
pub use secret::Secret;
pub use status::{Degraded, Health, Peer, PeerPath, Reach, ReachKind, ReachRelay, Status, Version};
pub use successor::{GroupSuccessor, Succession, Successor};

/// Longest text of one message, in bytes of UTF-8 (64 KiB). Longer is 413 [`ErrorCode::TooLarge`].
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Largest JSON request body, in bytes (1 MiB). Larger is 413 [`ErrorCode::TooLarge`].
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
