//! Cutting whole lists into pages.

use tidings_api::{Page, PageQuery};

/// The page of a list that starts after the item whose mark is `query.after`; from the beginning if that item is gone.
pub(super) fn page_after<T>(items: Vec<T>, query: &PageQuery, mark: impl Fn(&T) -> String) -> Page<T> {
    let limit = query.limit_or_default();
    let start = match &query.after {
        Some(after) => items.iter().position(|item| mark(item) == *after).map_or(0, |place| place + 1),
        None => 0,
    };
    let more = items.len() > start.saturating_add(limit);
    let items: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let next = items.last().filter(|_| more).map(mark);
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: usize, after: Option<&str>) -> PageQuery {
        PageQuery { limit: Some(limit), before: None, after: after.map(str::to_owned) }
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = page_after((0..7).collect(), &query(3, after.as_deref()), ToString::to_string);
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_ends_the_list_has_no_next() {
        assert_eq!(page_after(vec![1, 2, 3], &query(3, None), ToString::to_string).next, None);
        assert_eq!(page_after(Vec::<u8>::new(), &query(3, None), ToString::to_string).next, None);
    }
}
