//! How a request finds its operation: first it is known which one it is, and only then is it carried out.

use super::request::Reply;

/// A request that found its operation, or a refusal on the way there. Nothing is carried out yet.
pub(crate) struct Route<'a> {
    /// The operation, as the specifications call it.
    pub(crate) operation: &'static str,
    carry_out: Box<dyn FnOnce() -> Reply + 'a>,
}

impl<'a> Route<'a> {
    /// A request for an operation. What refuses it later has a name of its own.
    pub(crate) fn to(operation: &'static str, carry_out: impl FnOnce() -> Reply + 'a) -> Self {
        Self { operation, carry_out: Box::new(carry_out) }
    }

    /// A request that is refused before it reaches an operation.
    pub(crate) fn refused(reply: Reply) -> Self {
        Self { operation: reply.operation, carry_out: Box::new(|| reply) }
    }

    pub(crate) fn carry_out(self) -> Reply {
        (self.carry_out)()
    }
}
