//! The stream of one account's events: replay from a cursor, then live (INTERFACES §3).
//!
//! Events are read from the store at the client's own pace, so a slow client loses none; one that takes nothing for a
//! while is closed and resumes from its cursor. WebSocket and SSE only carry what comes out here.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tidings_api::event::{EVENT_VERSION, Gap, NodeReady};
use tidings_api::{ErrorCode, Event, EventBody, EventQuery};
use tidings_protocol::effect::TransientEvent;
use tidings_protocol::query::events::{self, Kept};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, timeout_at};

use super::caller::Caller;
use super::failure::Failure;
use super::limits::{EVENTS_AT_ONCE, HEARTBEAT, SESSION_CHECK};
use super::state::{AppState, StreamPlace};
use super::time_text::rfc3339;
use super::view::{Viewer, event};

/// The driver has ended.
struct Gone;

/// What the stream has for the client.
pub(super) enum Next {
    /// An event.
    Event(Box<Event>),
    /// Nothing for a while: show a sign of life.
    Heartbeat,
    /// The stream is over.
    End(End),
}

/// Why a stream is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The token has run out, or the session was ended.
    Unauthenticated,
    /// The account was locked.
    Locked,
    /// The node stops, or cannot read its store.
    Closing,
}

/// One client's stream.
pub(super) struct EventStream {
    state: AppState,
    caller: Caller,
    types: Option<BTreeSet<String>>,
    cursor: u64,
    ready: VecDeque<Event>,
    newest: watch::Receiver<u64>,
    passing: broadcast::Receiver<TransientEvent>,
    closing: watch::Receiver<bool>,
    checked: Instant,
    heartbeat: Instant,
    _place: StreamPlace,
}

impl EventStream {
    /// A stream from the cursor in the query, or from now on.
    ///
    /// # Errors
    /// 422 for a cursor that is none, 423 if the account is locked, 429 if it has too many streams.
    pub(super) fn open(state: &AppState, caller: Caller, query: &EventQuery) -> Result<Self, Failure> {
        let since = query
            .since
            .as_deref()
            .map(|text| text.parse::<u64>().map_err(|_| Failure::field("since", "must be the cursor of an event")))
            .transpose()?;
        let place = state.stream_place(caller.account);
        let place = place.ok_or_else(|| {
            Failure::new(ErrorCode::RateLimited, "the account has too many event streams open").fix("close one")
        })?;
        // Subscribed before the store is read, so that nothing falls between.
        let newest = state.driver().subscribe(caller.account);
        let passing = state.driver().overhear(caller.account);
        let kept = events::kept(&caller.unlocked()?, caller.account)?;
        let last = kept.map_or(0, |kept| kept.newest);
        let mut ready = VecDeque::new();
        let cursor = match since {
            None => last,
            Some(since) if kept.map_or(since > 0, |kept| kept.misses(since)) => {
                let resume = kept.map_or(0, |kept| kept.oldest.saturating_sub(1));
                ready.push_back(gap(state, kept, resume));
                resume
            }
            Some(since) => since,
        };
        ready.push_back(hello(state, cursor));
        let types = query.types.as_deref().map(|types| types.split(',').map(|name| name.trim().to_owned()).collect());
        let now = Instant::now();
        let closing = state.closing();
        Ok(Self {
            state: state.clone(),
            caller,
            types,
            cursor,
            ready,
            newest,
            passing,
            closing,
            checked: now,
            heartbeat: now + HEARTBEAT,
            _place: place,
        })
    }

    /// Waits for the next thing to send.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            if *self.closing.borrow() {
                return Next::End(End::Closing);
            }
            if let Some(end) = self.ended() {
                return Next::End(end);
            }
            if let Some(event) = self.ready.pop_front() {
                self.heartbeat = Instant::now() + HEARTBEAT;
                return Next::Event(Box::new(event));
            }
            self.newest.borrow_and_update();
            match self.read() {
                Ok(true) => continue,
                Ok(false) => {}
                Err(end) => return Next::End(end),
            }
            if Instant::now() >= self.heartbeat {
                self.heartbeat = Instant::now() + HEARTBEAT;
                return Next::Heartbeat;
            }
            self.wait().await;
        }
    }

    /// Waits for news, for the node to stop, or for the next check of the session.
    async fn wait(&mut self) {
        let until = self.heartbeat.min(self.checked + SESSION_CHECK);
        let changed = async {
            tokio::select! {
                changed = self.newest.changed() => changed.map(|()| None).map_err(|_| Gone),
                changed = self.closing.changed() => changed.map(|()| None).map_err(|_| Gone),
                passing = self.passing.recv() => match passing {
                    Ok(event) => Ok(Some(event)),
                    Err(RecvError::Lagged(_)) => Ok(None),
                    Err(RecvError::Closed) => Err(Gone),
                },
            }
        };
        match timeout_at(until, changed).await {
            Ok(Ok(Some(event))) => self.pass(event),
            Ok(Ok(None)) | Err(_) => {}
            // The driver is gone; the check of the session will say so. Not at full speed.
            Ok(Err(Gone)) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }

    /// Something that passes stands behind what was sent before, and has no place of its own.
    fn pass(&mut self, event: TransientEvent) {
        let shown = event::transient(event, self.cursor, self.state.now_ms());
        self.ready.extend(Some(shown).filter(|shown| self.wants(shown)));
    }

    /// Reads on; whether there was something, be it only events that are not for this client.
    fn read(&mut self) -> Result<bool, End> {
        let locked = |failure: Failure| if failure.0.code == ErrorCode::Locked { End::Locked } else { End::Closing };
        let store = self.caller.unlocked().map_err(locked)?;
        let rows = events::after(&store, self.caller.account, self.cursor, EVENTS_AT_ONCE).map_err(|_| End::Closing)?;
        let viewer = Viewer { store: &store, account: self.caller.account, peer_id: self.state.peer_id() };
        for (cursor, record) in &rows {
            let shown = event::event(viewer, *cursor, record).map_err(|_| End::Closing)?;
            self.ready.extend(shown.filter(|shown| self.wants(shown)));
            self.cursor = *cursor;
        }
        Ok(!rows.is_empty())
    }

    fn wants(&self, event: &Event) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(event.body.name()))
    }

    /// Looks every now and then whether the client may still listen.
    fn ended(&mut self) -> Option<End> {
        if self.checked.elapsed() < SESSION_CHECK {
            return None;
        }
        self.checked = Instant::now();
        let session = self.caller.session?;
        match self.state.identity().stands(&session, self.state.now_ms()) {
            Ok(true) => None,
            Ok(false) => Some(End::Unauthenticated),
            Err(_) => Some(End::Closing),
        }
    }
}

fn gap(state: &AppState, kept: Option<Kept>, cursor: u64) -> Event {
    let oldest = kept.map(|kept| kept.oldest.to_string());
    envelope(state, cursor, EventBody::Gap(Gap { oldest }))
}

fn hello(state: &AppState, cursor: u64) -> Event {
    let body = NodeReady { peer_id: state.peer_id().to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    envelope(state, cursor, EventBody::NodeReady(body))
}

fn envelope(state: &AppState, cursor: u64, body: EventBody) -> Event {
    Event {
        v: EVENT_VERSION,
        cursor: cursor.to_string(),
        time: rfc3339(state.now_ms()),
        conversation: None,
        is_self: false,
        transient: false,
        body,
    }
}
