//! Pages of a list. The token names the last item that was given, so that a list that changes loses none of the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::request::Request;
use crate::percent;

/// What of a list to give, and the token for the rest.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// The page that begins after the item which `token` names. Items must be in the order of their names.
pub(crate) fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    size: usize,
    name: impl Fn(&T) -> String,
) -> Page<T> {
    let after = token.and_then(decoded);
    let mut rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| name(item) > *after));
    let items: Vec<T> = rest.by_ref().take(size.max(1)).collect();
    let more = rest.next().is_some();
    let next = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(name(last)));
    Page { items, next }
}

fn decoded(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// The address of the next page: the same request with another token.
pub(crate) fn next_link(request: &Request, parameter: &str, token: &str) -> String {
    let kept = request.query.split('&').filter(|pair| {
        let name = percent::decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !name.eq_ignore_ascii_case(parameter)
    });
    let token = format!("{parameter}={token}");
    let query: Vec<&str> = kept.chain([token.as_str()]).collect();
    format!("{}{}?{}", request.origin, request.path, query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_though_it_changes_between_them() {
        let first = page(vec!["a", "b", "c", "d"], None, 2, |item| (*item).to_owned());
        assert_eq!(first.items, ["a", "b"]);
        let second = page(vec!["a", "c", "d", "e"], first.next.as_deref(), 2, |item| (*item).to_owned());
        assert_eq!(second.items, ["c", "d"]);
        let third = page(vec!["a", "c", "d", "e"], second.next.as_deref(), 2, |item| (*item).to_owned());
        assert_eq!((third.items, third.next), (vec!["e"], None));
    }
}
