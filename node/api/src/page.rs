//! Lists: one page of a list and how to ask for the next.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the list's own order.
    pub items: Vec<T>,
    /// Ask with this as `before` (messages, logs) or `after` (everything else) for more; null at the end.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A whole list in one page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most items wanted: 50 by default, at most 200 ([`PageQuery::limit_or_default`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// `next` of a page of messages or logs: what came before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// `next` of any other list: what comes after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl PageQuery {
    /// Items of a page when no limit is given.
    pub const LIMIT_DEFAULT: usize = 50;
    /// Most items of a page. A larger limit is cut to it.
    pub const LIMIT_MAX: usize = 200;

    /// The limit to use, from 1 to [`PageQuery::LIMIT_MAX`].
    #[must_use]
    pub fn limit_or_default(&self) -> usize {
        self.limit.unwrap_or(Self::LIMIT_DEFAULT).clamp(1, Self::LIMIT_MAX)
    }
}
