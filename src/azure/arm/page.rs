//! Lists that come in pages.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ArmClient, Call};
use crate::azure::error::Cause;

/// More pages than any list here has; a service that goes on for longer goes in circles.
const MOST_PAGES: usize = 10_000;

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    /// Required: an answer without it says nothing, and must not be taken for "there are none".
    value: Vec<T>,
    next_link: Option<String>,
}

impl ArmClient {
    /// Reads a list to its end.
    pub(in crate::azure) async fn list<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Cause> {
        let mut page: Page<T> = self.send(call).await?;
        let mut items = page.value;
        for _ in 1..MOST_PAGES {
            let Some(link) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(items);
            };
            page = self.follow(&link).await?.json()?;
            items.append(&mut page.value);
        }
        Err(Cause::Malformed(format!("a list does not end within {MOST_PAGES} pages")))
    }
}
