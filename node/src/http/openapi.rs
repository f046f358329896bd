//! `/openapi.json`, generated from the handlers, and `/docs`, a page made from it.

use std::fmt::Write;

use axum::Json;
use axum::response::Html;
use tidings_api::PROBLEM_CONTENT_TYPE;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::{
    auth, chat, chats, contacts, events, group_ban, group_change, groups, invites, joins, mailboxes, me, messages,
    recovery, status, successor,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Tidings", description = "The API of a Tidings node. Errors are RFC 9457 problems with stable codes."),
    paths(
        auth::signup, auth::login, auth::refresh, auth::logout, me::me, me::lock, me::unlock,
        mailboxes::list, mailboxes::add, mailboxes::remove, mailboxes::create_voucher,
        invites::create, invites::list, invites::revoke, contacts::list, contacts::add, chats::list, chats::read,
        chats::draft, chats::mute, chats::timer, chats::archive, chats::read_receipts,
        chats::typing_indicators, chats::typing, messages::show, messages::edit,
        messages::delete, messages::react, messages::unreact, messages::retry, messages::cancel, me::settings,
        me::set_settings,
        chat::history, chat::send, groups::create, groups::send, groups::list, groups::show, groups::history,
        groups::add_member, groups::remove_member, group_ban::ban, group_ban::lift,
        joins::follow, joins::own, joins::requests, joins::accept, joins::decline,
        recovery::show, recovery::sign, recovery::withdraw, successor::show, successor::open,
        group_change::update, group_change::set_role, group_change::log, events::events,
        status::status, status::healthz, status::readyz, status::version,
    ),
    modifiers(&Sessions, &Problems)
)]
struct Api;

/// The two ways to show who asks.
struct Sessions;

impl Modify for Sessions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::cookie::NAME))),
        );
        let none: [&str; 0] = [];
        document.security =
            Some(vec![SecurityRequirement::new("token", none), SecurityRequirement::new("session", none)]);
    }
}

/// Every operation can answer a problem, and always in the form of RFC 9457.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let responses = &mut operation.responses.responses;
                for (status, response) in responses.iter_mut() {
                    if let RefOr::T(response) = response
                        && status.starts_with(['4', '5'])
                    {
                        *response = problem(&response.description);
                    }
                }
                responses.insert("default".to_owned(), RefOr::T(problem("every other error")));
            }
        }
    }
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content(PROBLEM_CONTENT_TYPE, content).build()
}

/// The OpenAPI document of this version.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The document.
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}

/// A page for people: every call with its summary.
pub(super) async fn docs() -> Html<String> {
    let document = serde_json::to_value(document()).unwrap_or_default();
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tidings API</title><h1>Tidings API</h1>\
         <p>The whole document: <a href=\"/openapi.json\">openapi.json</a>. Log in with POST /auth/login \
         and send the accessToken as \
         <code>Authorization: Bearer</code>.</p><dl>",
    );
    for (path, item) in document.get("paths").and_then(|paths| paths.as_object()).into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let summary = operation.get("summary").and_then(|text| text.as_str()).unwrap_or_default();
            let line = write!(
                page,
                "<dt><code>{} {}</code></dt><dd>{}</dd>",
                method.to_uppercase(),
                escaped(path),
                escaped(summary)
            );
            debug_assert!(line.is_ok(), "a String takes every write");
        }
    }
    page.push_str("</dl></html>");
    Html(page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
