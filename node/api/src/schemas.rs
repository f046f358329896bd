//! Every type of the API as an OpenAPI schema. The node adds its paths to it and serves the whole.
//!
//! Not here: paths, which the node's routes declare.

use utoipa::OpenApi;

use crate::{
    Chat, Contact, ContactAnswer, ContactRequest, Event, Group, GroupCreateRequest, GroupJoin, GroupSendRequest,
    Health, Invite, InviteRequest, JoinRequest, LoginRequest, Mailbox, MailboxRequest, Me, MemberAddRequest, Message,
    Page, PasswordRequest, Problem, Recovery, RecoveryRequest, Request, SendRequest, SessionAnswer, SignupAnswer,
    SignupRequest, Status, Version, Voucher, VoucherRequest,
};

/// The OpenAPI document with all schemas and no paths.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Tidings", description = "Messages between people and scripts, end to end encrypted."),
    components(schemas(
        Problem, SignupRequest, SignupAnswer, LoginRequest, SessionAnswer, PasswordRequest, Me, InviteRequest, Invite,
        Page<Invite>, ContactRequest, ContactAnswer, Contact, Page<Contact>, Chat, Page<Chat>, SendRequest, Message,
        Page<Message>, GroupCreateRequest, GroupSendRequest, MemberAddRequest, Group, Page<Group>, Event, Status,
        Health, Version, JoinRequest, GroupJoin, Page<GroupJoin>, Request, Page<Request>, RecoveryRequest, Recovery, MailboxRequest, Mailbox, Page<Mailbox>, VoucherRequest, Voucher,
    ))
)]
pub struct Schemas;
