//! A call on its way, and the ways in which a fault ends it.

use crate::faces::{Reply, Request};
use crate::world::World;

/// A call on its way to the service, or back.
pub(crate) struct Passing<'a> {
    pub(crate) world: &'a World,
    /// The operation, as the specifications call it.
    pub(crate) operation: &'static str,
    pub(crate) request: &'a Request,
    /// The service's answer, when it is on its way back.
    pub(crate) reply: Option<&'a mut Reply>,
}

/// How a call ends.
pub(crate) enum End {
    Answered(Reply),
    Lost(Lost),
}

/// How a call ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Its connection is closed.
    Dropped,
    /// Its caller waits in vain.
    Silent,
}
