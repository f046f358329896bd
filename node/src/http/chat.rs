//! `/chat/…`: messages with one person.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{AttachmentRequest, ErrorCode, Message, Page, PageQuery, Problem, SendRequest, TEXT_BYTES_MAX};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::command::{Answer, ChatAct, Command, NewMessage, Recipient};
use tidings_protocol::limits::MENTIONS_MAX;
use tidings_protocol::query::messages::{self, MessagePage};
use tidings_protocol::query::recipient;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::wire::content::Mention;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::naming::one_of;
use super::state::{AppState, node_text};
use super::{uuid_text, view};

/// A page of messages with one person, newest last.
#[utoipa::path(get, path = "/chat/{userId}", tag = "chats",
    params(("userId" = String, Path, description = "account id, handle or alias"), PageQuery), responses(
    (status = 200, body = Page<Message>), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn history(
    caller: Caller,
    Path(person): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Failure> {
    let snapshot = caller.unlocked()?;
    let contact = contact_named(&snapshot, caller.account, &person)?;
    let (before, limit) = (place_before(&query)?, query.limit_or_default());
    let page = match contact.conversation {
        Some(conversation) => {
            let page = messages::page(&snapshot, caller.account, conversation, before.as_deref(), limit)?;
            let places = [contact.account.as_bytes(), conversation.as_bytes()];
            with_held(&snapshot, caller.account, page, &places, before.is_some())?
        }
        None => messages::waiting_page(&snapshot, caller.account, contact.account, before.as_deref(), limit)?,
    };
    Ok(Json(shown(&snapshot, &page, caller.account)?))
}

/// Sends a text to one person. Durable when answered; the same id again answers the first message.
#[utoipa::path(post, path = "/chat/send", tag = "chats", request_body = SendRequest, responses(
    (status = 201, body = Message), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem),
    (status = 413, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem),
    (status = 503, body = Problem)))]
pub(super) async fn send(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<SendRequest>,
) -> Result<(StatusCode, Json<Message>), Failure> {
    let asked = Asked { text: request.text, id: request.id, reply_to: request.reply_to, mentions: request.mentions };
    let checked = asked.checked(&request.attachments)?;
    let contact = contact_named(&caller.unlocked()?, caller.account, &request.to)?;
    deliver(&state, &caller, (Recipient::Account(contact.account), contact.conversation), checked).await
}

/// A message that somebody asks to be sent.
pub(super) struct Asked {
    /// The text.
    pub(super) text: String,
    /// The client's UUID.
    pub(super) id: Option<String>,
    /// The UUID of the message it answers.
    pub(super) reply_to: Option<String>,
    /// Whom it mentions.
    pub(super) mentions: Vec<tidings_api::Mention>,
}

/// A message that may be sent, but for whom it goes to.
pub(super) struct Checked {
    text: String,
    client_id: [u8; 16],
    reply_to: Option<String>,
    mentions: Vec<Mention>,
}

impl Asked {
    /// Checks what every message must keep.
    pub(super) fn checked(self, attachments: &[AttachmentRequest]) -> Result<Checked, Failure> {
        checked_text(&self.text)?;
        if !attachments.is_empty() {
            return Err(Failure::field("attachments", "are not supported by this version"));
        }
        let client_id = match &self.id {
            Some(id) => uuid_text::parse(id).ok_or_else(|| Failure::field("id", "must be a UUID"))?,
            None => uuid_text::random()?,
        };
        let mentions = checked_mentions(&self.text, &self.mentions)?;
        Ok(Checked { text: self.text, client_id, reply_to: self.reply_to, mentions })
    }
}

/// Checks the length of a text.
pub(super) fn checked_text(text: &str) -> Result<(), Failure> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Failure::new(
            ErrorCode::TooLarge,
            format!("the text has {} bytes; {TEXT_BYTES_MAX} are allowed", text.len()),
        ));
    }
    if text.is_empty() {
        return Err(Failure::field("text", "must not be empty"));
    }
    Ok(())
}

/// Mentions as the core knows them; each must be of an account and within the text.
pub(super) fn checked_mentions(text: &str, mentions: &[tidings_api::Mention]) -> Result<Vec<Mention>, Failure> {
    if mentions.len() > MENTIONS_MAX {
        return Err(Failure::field("mentions", format!("at most {MENTIONS_MAX}")));
    }
    let characters = text.chars().count() as u64;
    mentions
        .iter()
        .map(|mention| {
            let account = mention.account.parse().map_err(|_| Failure::field("mentions", "must name account ids"))?;
            let end = u64::from(mention.start) + u64::from(mention.length);
            if mention.length == 0 || end > characters {
                return Err(Failure::field("mentions", "must lie within the text"));
            }
            Ok(Mention { account, start: mention.start, length: mention.length })
        })
        .collect()
}

/// Hands a message to the core.
pub(super) async fn deliver(
    state: &AppState,
    caller: &Caller,
    (to, conversation): (Recipient, Option<ConversationId>),
    message: Checked,
) -> Result<(StatusCode, Json<Message>), Failure> {
    let Checked { text, client_id, reply_to, mentions } = message;
    let reply_to = match (&reply_to, conversation) {
        (Some(name), Some(conversation)) => Some(super::messages::name_in(caller, conversation, name)?),
        (Some(_), None) => return Err(Failure::not_found("message")),
        (None, _) => None,
    };
    let command = if reply_to.is_none() && mentions.is_empty() {
        Command::Send { account: caller.account, to, text, client_id }
    } else {
        let new = NewMessage { to, text, client_id, reply_to, mentions };
        Command::Chat { account: caller.account, act: ChatAct::Write(new) }
    };
    let Answer::Message(record) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    Ok((StatusCode::CREATED, Json(view::message::message(&caller.unlocked()?, caller.account, &record)?)))
}

/// The contact whom a text names.
pub(super) fn contact_named(store: &dyn Snapshot, account: AccountId, text: &str) -> Result<ContactRecord, Failure> {
    one_of(recipient::contact(store, account, text, &node_text)?, "contact")
}

/// The place that `before` of a query names.
pub(super) fn place_before(query: &PageQuery) -> Result<Option<Vec<u8>>, Failure> {
    let decode = |text: &String| {
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| Failure::field("before", "must be the `next` of a page"))
    };
    query.before.as_ref().map(decode).transpose()
}

/// The newest page, with what waits to be encrypted behind it.
pub(super) fn with_held(
    store: &dyn Snapshot,
    account: AccountId,
    mut page: MessagePage,
    places: &[&[u8; 32]],
    is_older: bool,
) -> Result<MessagePage, Failure> {
    for place in places.iter().filter(|_| !is_older) {
        page.messages.extend(messages::held(store, account, place)?);
    }
    Ok(page)
}

/// A page of messages as the API shows it.
pub(super) fn shown(store: &dyn Snapshot, page: &MessagePage, viewer: AccountId) -> Result<Page<Message>, Failure> {
    let mut items = Vec::with_capacity(page.messages.len());
    for record in &page.messages {
        items.push(view::message::message(store, viewer, record)?);
    }
    Ok(Page { items, next: page.next.as_ref().map(|place| data_encoding::HEXLOWER.encode(place)) })
}
