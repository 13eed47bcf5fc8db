//! Storage queues in memory.
//!
//! Source: "Queue Service REST API" of the storage documentation; the form of pop receipts is Azurite's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::macros::format_description;
use time::{Duration as Span, OffsetDateTime};
use tokio::time::Instant;
use uuid::Uuid;

use super::changes::Changes;
use super::dotnet::from_base64;
use super::view::View;

/// The most bytes that a message may have, in base64 where it is put so ("Put Message").
const LARGEST_MESSAGE: usize = 64 << 10;
/// A message lives for seven days unless it is told otherwise.
const TIME_TO_LIVE: Span = Span::days(7);

/// A message as it lies on a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    /// Its id, a UUID.
    pub id: String,
    /// What lies on the queue: base64, unless somebody else than the host put it there.
    pub encoded: String,
    /// How often it was handed out.
    pub dequeue_count: u32,
    /// When it was put on the queue.
    pub inserted: OffsetDateTime,
    /// When it is thrown away.
    pub expires: OffsetDateTime,
    /// From when on it can be seen (again).
    pub next_visible: OffsetDateTime,
    /// Changes each time it is handed out.
    pub pop_receipt: String,
}

impl QueueMessage {
    fn new(encoded: String) -> Self {
        let now = crate::clock::now();
        Self {
            id: Uuid::new_v4().to_string(),
            encoded,
            dequeue_count: 0,
            inserted: now,
            expires: now + TIME_TO_LIVE,
            next_visible: now,
            pop_receipt: pop_receipt(now),
        }
    }

    /// Its text, or `None` if what lies on the queue is not base64.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        from_base64(&self.encoded).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn pop_receipt(now: OffsetDateTime) -> String {
    let format = format_description!("[day][month repr:short][year][hour]:[minute]:[second]");
    let time = now.format(format).expect("every date has these parts");
    let mark = Uuid::new_v4().simple().to_string();
    STANDARD.encode(format!("{time}{}", &mark[..4]))
}

/// The queues of one storage account. A clone is the same account.
#[derive(Clone, Default)]
pub struct QueueStorage(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queues: Mutex<BTreeMap<String, Vec<Stored>>>,
    changes: Changes,
    view: Mutex<View>,
}

struct Stored {
    message: QueueMessage,
    /// `next_visible` by the monotonic clock.
    visible_at: Instant,
}

impl Stored {
    /// Whether `message` is the last that was handed out of this one.
    fn is_held_by(&self, message: &QueueMessage) -> bool {
        self.message.id == message.id && self.message.pop_receipt == message.pop_receipt
    }
}

impl QueueStorage {
    /// An account without messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `content` on the queue, as base64.
    pub fn put(&self, queue: &str, content: &[u8]) {
        self.put_encoded(queue, STANDARD.encode(content));
    }

    /// Puts `content` on the queue, as base64, if it is no larger than the service takes.
    ///
    /// # Errors
    ///
    /// What the service answers otherwise.
    pub(super) fn try_put(&self, queue: &str, content: &[u8]) -> Result<(), String> {
        let encoded = STANDARD.encode(content);
        if LARGEST_MESSAGE < encoded.len() {
            return Err(format!(
                "Azure.RequestFailedException : The request body is too large and exceeds the maximum permissible limit. \
                 Status: 413, ErrorCode: RequestBodyTooLarge, queue: {queue}, bytes: {}",
                encoded.len()
            ));
        }
        self.put_encoded(queue, encoded);
        Ok(())
    }

    /// Puts a message on the queue as it is, base64 or not.
    pub fn put_encoded(&self, queue: &str, encoded: String) {
        let view = self.view().clone();
        match from_base64(&encoded) {
            Some(content) => view.message(queue, &content),
            None => view.message(queue, encoded.as_bytes()),
        }
        let stored = Stored { message: QueueMessage::new(encoded), visible_at: Instant::now() };
        self.lock().entry(queue.to_owned()).or_default().push(stored);
        self.0.changes.note();
    }

    /// The messages of the queue, hidden ones too.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<QueueMessage> {
        let queues = self.lock();
        queues.get(queue).into_iter().flatten().map(|stored| stored.message.clone()).collect()
    }

    /// Makes every message this much older: what is hidden stays so for that much less.
    pub fn age(&self, by: Duration) {
        for stored in self.lock().values_mut().flatten() {
            stored.visible_at = stored.visible_at.checked_sub(by).unwrap_or_else(Instant::now);
            let Stored { message, .. } = stored;
            for at in [&mut message.inserted, &mut message.expires, &mut message.next_visible] {
                *at -= by;
            }
        }
        self.0.changes.note();
    }

    /// Hands out up to `count` messages, and hides them for `hidden_for`.
    pub(super) fn take(&self, queue: &str, count: usize, hidden_for: Duration) -> Vec<QueueMessage> {
        let (now, until) = (Instant::now(), crate::clock::now() + hidden_for);
        let mut queues = self.lock();
        let visible = queues.get_mut(queue).into_iter().flatten().filter(|stored| stored.visible_at <= now);
        let taken: Vec<_> = visible
            .take(count)
            .map(|stored| {
                stored.visible_at = now + hidden_for;
                stored.message.next_visible = until;
                stored.message.dequeue_count += 1;
                stored.message.pop_receipt = pop_receipt(crate::clock::now());
                stored.message.clone()
            })
            .collect();
        drop(queues);
        if !taken.is_empty() {
            self.0.changes.note();
        }
        taken
    }

    /// Changes from when on a message can be seen, unless it was handed out to somebody else since.
    pub(super) fn hide(&self, queue: &str, message: &QueueMessage, hidden_for: Duration) {
        let mut queues = self.lock();
        let messages = queues.get_mut(queue).into_iter().flatten();
        for stored in messages.filter(|stored| stored.is_held_by(message)) {
            stored.visible_at = Instant::now() + hidden_for;
            stored.message.next_visible = crate::clock::now() + hidden_for;
        }
        drop(queues);
        self.0.changes.note();
    }

    /// Deletes a message, unless it was handed out to somebody else since.
    pub(super) fn delete(&self, queue: &str, message: &QueueMessage) {
        if let Some(messages) = self.lock().get_mut(queue) {
            messages.retain(|stored| !stored.is_held_by(message));
        }
        self.0.changes.note();
    }

    /// When the next message of the queue can be seen.
    pub(super) fn next_visible(&self, queue: &str) -> Option<Instant> {
        self.lock().get(queue).into_iter().flatten().map(|stored| stored.visible_at).min()
    }

    pub(super) fn is_empty(&self, queue: &str) -> bool {
        self.lock().get(queue).is_none_or(Vec::is_empty)
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// Shows every message from now on.
    pub(super) fn show_to(&self, view: View) {
        *self.view() = view;
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.0.view.lock().expect("nobody panics while setting or cloning it")
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Stored>>> {
        self.0.queues.lock().expect("nobody panics while changing a queue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_seen_when_its_time_has_passed() {
        let queues = QueueStorage::new();
        queues.put("work", b"m");
        let minute = Duration::from_secs(60);
        let first = queues.take("work", 1, 10 * minute).remove(0);
        queues.age(9 * minute);
        assert_eq!(queues.take("work", 1, minute), []);
        let aged = queues.messages("work").remove(0);
        assert_eq!(first.inserted - aged.inserted, 9 * minute);
        assert_eq!(first.next_visible - aged.next_visible, 9 * minute);
        queues.age(minute);
        assert_eq!(queues.take("work", 1, minute)[0].dequeue_count, 2);
    }

    #[test]
    fn who_lost_a_message_to_another_changes_nothing_of_it() {
        let queues = QueueStorage::new();
        queues.put("work", b"m");
        let take = |hidden_for| queues.take("work", 1, hidden_for).remove(0);
        let first = take(Duration::ZERO);
        let second = take(Duration::from_secs(600));
        queues.hide("work", &first, Duration::ZERO);
        queues.delete("work", &first);
        assert_eq!(queues.messages("work"), std::slice::from_ref(&second));
        queues.delete("work", &second);
        assert!(queues.is_empty("work"));
    }
}
