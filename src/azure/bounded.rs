//! How much is read of what others answer: of one answer, of all at once, of a list in all its pages, and of an address to go on with.
//!
//! Azure's answers are small. What goes on for longer comes from something that went wrong, or that means no good, and
//! must not take the memory or the time of everybody else's rotations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use futures::TryStreamExt;
use tokio::time::timeout;

use super::error::Cause;

/// The longest answer that is read, in bytes, after its decompression. The longest that we know of, a page of a thousand
/// workspaces, has about half of that.
pub(super) const LARGEST_ANSWER: usize = 8 << 20;
/// All answers that are being read at the same time, in bytes: thousands of usual ones have less.
const LARGEST_TOGETHER: usize = 64 << 20;
/// The longest address that is asked for, in bytes. Azure's own, with the state of a list in it, have a few thousand; from 64 KiB on
/// they cannot be sent.
const LONGEST_ADDRESS: usize = 16 << 10;
/// The longest list that is read, in bytes over all its pages.
const LARGEST_LIST: usize = 64 << 20;
/// More pages than any list here has.
const MOST_PAGES: usize = 10_000;
/// How long a list is read.
const LIST_LIMIT: Duration = Duration::from_secs(600);

/// An HTTP client whose answers end, with an error, at [`LARGEST_ANSWER`] and together at [`LARGEST_TOGETHER`], and which asks
/// for no address beyond [`LONGEST_ADDRESS`].
#[derive(Debug)]
pub(crate) struct Bounded {
    client: Arc<dyn HttpClient>,
    /// Bytes of all answers that are being read.
    together: Arc<AtomicUsize>,
}

/// What was read of one answer; it counts among all until it is dropped.
struct Portion {
    bytes: usize,
    together: Arc<AtomicUsize>,
}

impl Bounded {
    pub(crate) fn new(client: Arc<dyn HttpClient>) -> Self {
        Self { client, together: Arc::default() }
    }
}

impl Portion {
    fn grow(&mut self, bytes: usize) -> azure_core::Result<()> {
        self.bytes += bytes;
        let together = self.together.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.bytes > LARGEST_ANSWER {
            // Not a fault of the connection: asked again, it would be as long.
            let what = format!("the answer is longer than {LARGEST_ANSWER} bytes");
            Err(Error::with_message(ErrorKind::DataConversion, what))
        } else if together > LARGEST_TOGETHER {
            let what = format!("all answers that are being read are longer than {LARGEST_TOGETHER} bytes");
            Err(Error::with_message(ErrorKind::Io, what))
        } else {
            Ok(())
        }
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        self.together.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if request.url().as_str().len() > LONGEST_ADDRESS {
            let what = format!("a link is longer than {LONGEST_ADDRESS} bytes");
            return Err(Error::with_message(ErrorKind::DataConversion, what));
        }
        let (status, headers, body) = self.client.execute_request(request).await?.deconstruct();
        let mut read = Portion { bytes: 0, together: Arc::clone(&self.together) };
        let bounded = body.and_then(move |part| std::future::ready(read.grow(part.len()).map(|()| part)));
        Ok(AsyncRawResponse::new(status, headers, Box::pin(bounded)))
    }
}

/// What was read of a list so far.
#[derive(Default)]
pub(super) struct Extent {
    pages: usize,
    bytes: usize,
    links: BTreeSet<String>,
}

impl Extent {
    /// Counts a page of so many bytes, and the link to the next one.
    ///
    /// # Errors
    ///
    /// When the list goes on for longer than any does, or in circles.
    pub(super) fn admit(&mut self, bytes: usize, next_link: Option<&str>) -> Result<(), Cause> {
        self.pages += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let Some(link) = next_link else { return Ok(()) };
        let what = if !self.links.insert(link.to_owned()) {
            "a list goes in circles".to_owned()
        } else if self.pages >= MOST_PAGES {
            format!("a list does not end within {MOST_PAGES} pages")
        } else if self.bytes > LARGEST_LIST {
            format!("a list does not end within {LARGEST_LIST} bytes")
        } else {
            return Ok(());
        };
        Err(Cause::Malformed(what))
    }
}

/// Reads a list for no longer than [`LIST_LIMIT`].
pub(super) async fn for_a_while<T>(read: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    let late = |_| Err(Cause::Unreachable(format!("a list did not end within {} s", LIST_LIMIT.as_secs())));
    timeout(LIST_LIMIT, read).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests;
