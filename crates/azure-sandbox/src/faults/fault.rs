//! What a rule says: which calls, when, what, and how often.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::FaultAnswer;
use super::passing::Passing;
use crate::world::World;

/// Whether something befalls a call before the service did what was asked, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// What befalls a call.
#[derive(Clone)]
pub(super) enum Deed {
    Answer(FaultAnswer),
    Edit(Arc<dyn Fn(&mut Value) + Send + Sync>),
    DropConnection,
    NeverAnswer,
    Delay(Duration),
    Hold,
    ChangeWorld(Arc<dyn Fn(&World) + Send + Sync>),
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer(_) => "Answer",
            Self::Edit(_) => "Edit",
            Self::DropConnection => "DropConnection",
            Self::NeverAnswer => "NeverAnswer",
            Self::Delay(_) => "Delay",
            Self::Hold => "Hold",
            Self::ChangeWorld(_) => "ChangeWorld",
        })
    }
}

/// A fault rule: which calls (all conditions must hold), at which moment (before the effect unless said otherwise),
/// what, and how often (every time unless said otherwise). One that says nothing of what is a rule that only counts.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The host to which connections are refused; such a rule is about no calls.
    refused_host: Option<String>,
    operation: Option<String>,
    but_for: Vec<String>,
    method: Option<String>,
    address_part: Option<String>,
    pub(super) moment: Moment,
    pub(super) deed: Option<Deed>,
    /// Matching calls that pass before the first one is hit.
    pub(super) skipped: usize,
    pub(super) limit: Option<usize>,
}

impl Fault {
    /// Befalls calls of one operation, by its name in the log of calls. Calls that the service refuses at its door (no
    /// token, say) have other names: `Challenge` and `Refused`.
    pub fn on(operation: impl Into<String>) -> Self {
        Self { operation: Some(operation.into()), ..Self::on_any() }
    }

    /// Befalls every call, those for tokens too.
    pub fn on_any() -> Self {
        Self {
            refused_host: None,
            operation: None,
            but_for: Vec::new(),
            method: None,
            address_part: None,
            moment: Moment::Before,
            deed: None,
            skipped: 0,
            limit: None,
        }
    }

    /// Befalls one call alone: the one with this number, whatever it is, counted from 1 when the rule is added.
    pub fn on_call(number: usize) -> Self {
        Self::on_any().nth(number)
    }

    /// Refuses connections to a host: the proxy closes them before anything is sent. Those that are open already stay
    /// open.
    pub fn on_connection_to(host: impl Into<String>) -> Self {
        Self { refused_host: Some(host.into()), ..Self::on_any() }
    }

    /// Not calls of that operation; they do not count either.
    #[must_use]
    pub fn but_for(mut self, operation: impl Into<String>) -> Self {
        self.but_for.push(operation.into());
        self
    }

    /// Only calls with this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only calls with this in their address (scheme, host, path and query, as sent), in whatever case.
    #[must_use]
    pub fn address(mut self, part: &str) -> Self {
        self.address_part = Some(part.to_ascii_lowercase());
        self
    }

    /// Only the matching call with this number, counted from 1 when the rule is added.
    #[must_use]
    pub fn nth(self, number: usize) -> Self {
        self.from_nth(number).times(1)
    }

    /// The matching call with this number and those after it.
    #[must_use]
    pub fn from_nth(mut self, number: usize) -> Self {
        self.skipped = number.saturating_sub(1);
        self
    }

    /// So often, and then no more.
    #[must_use]
    pub fn times(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Before the service did what was asked; so it is unless said otherwise.
    #[must_use]
    pub fn before(mut self) -> Self {
        self.moment = Moment::Before;
        self
    }

    /// After the service did what was asked, and before the caller knows.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.moment = Moment::After;
        self
    }

    /// The caller gets this answer.
    #[must_use]
    pub fn answer(self, answer: impl Into<FaultAnswer>) -> Self {
        self.does(Deed::Answer(answer.into()))
    }

    /// The JSON of the service's answer is changed on its way back. An answer without JSON stays as it is.
    #[must_use]
    pub fn edit_answer(self, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.after().does(Deed::Edit(Arc::new(edit)))
    }

    /// The request was read, and the connection is closed without an answer.
    #[must_use]
    pub fn drop_connection(self) -> Self {
        self.does(Deed::DropConnection)
    }

    /// The caller waits in vain, for as long as it likes.
    #[must_use]
    pub fn never_answer(self) -> Self {
        self.does(Deed::NeverAnswer)
    }

    /// The call takes longer.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        self.does(Deed::Delay(delay))
    }

    /// The call is held until the test releases it; [`AddedFault::held`](super::AddedFault::held) tells of it.
    #[must_use]
    pub fn hold(self) -> Self {
        self.does(Deed::Hold)
    }

    /// Something else happens in the world at that moment, and the call goes on.
    #[must_use]
    pub fn change_world(self, change: impl Fn(&World) + Send + Sync + 'static) -> Self {
        self.does(Deed::ChangeWorld(Arc::new(change)))
    }

    fn does(mut self, deed: Deed) -> Self {
        self.deed = Some(deed);
        self
    }

    pub(super) fn refuses_connections_to(&self, host: &str) -> bool {
        self.refused_host.as_deref().is_some_and(|refused| refused.eq_ignore_ascii_case(host))
    }

    /// Whether a call meets all conditions.
    pub(super) fn is_about(&self, call: &Passing<'_>) -> bool {
        let is = |wanted: &Option<String>, there: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(there))
        };
        self.refused_host.is_none()
            && is(&self.operation, call.operation)
            && !self.but_for.iter().any(|operation| operation == call.operation)
            && is(&self.method, call.request.method.as_str())
            && self
                .address_part
                .as_deref()
                .is_none_or(|part| call.request.url().to_ascii_lowercase().contains(part))
    }
}
