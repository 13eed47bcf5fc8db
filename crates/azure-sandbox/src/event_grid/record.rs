//! What was delivered, and what was given up.

use std::sync::{Mutex, MutexGuard};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::watch;

/// One attempt to deliver one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The subscription's name.
    pub subscription: String,
    /// The event's id.
    pub event_id: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When it was sent.
    pub sent: OffsetDateTime,
    /// What came back.
    pub answer: DeliveryAnswer,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryAnswer {
    /// An HTTP status; 200 to 204 is success.
    Status(u16),
    /// Nothing in time.
    TimedOut,
    /// No connection, or it was cut.
    Unreachable,
}

impl DeliveryAnswer {
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::TimedOut | Self::Unreachable => None,
        }
    }
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// The subscription's name.
    pub subscription: String,
    /// The event.
    pub event: Value,
    /// How often it was tried.
    pub attempts: u32,
    /// The last answer.
    pub last_answer: DeliveryAnswer,
}

/// The records of a topic.
pub(super) struct Records {
    deliveries: Mutex<Vec<Delivery>>,
    dead_letters: Mutex<Vec<DeadLetter>>,
    under_way: watch::Sender<usize>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            deliveries: Mutex::default(),
            dead_letters: Mutex::default(),
            under_way: watch::Sender::new(0),
        }
    }
}

impl Records {
    pub(super) fn started(&self) {
        self.under_way.send_modify(|count| *count += 1);
    }

    pub(super) fn ended(&self) {
        self.under_way.send_modify(|count| *count -= 1);
    }

    pub(super) fn under_way(&self) -> watch::Receiver<usize> {
        self.under_way.subscribe()
    }

    pub(super) fn add_delivery(&self, delivery: Delivery) {
        lock(&self.deliveries).push(delivery);
    }

    pub(super) fn add_dead_letter(&self, letter: DeadLetter) {
        lock(&self.dead_letters).push(letter);
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.deliveries).clone()
    }

    pub(super) fn dead_letters(&self) -> Vec<DeadLetter> {
        lock(&self.dead_letters).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while writing a record")
}
