//! The lease of a blob.
//!
//! Source: "Lease Blob" of the Blob service's REST reference, outcomes by lease state; the codes for a blob that nobody
//! has leased are those of Azurite.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Who may write a blob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Lease {
    /// Everybody.
    #[default]
    Available,
    /// The holder of this id. When the time is over anybody can take it; until somebody does, the holder can go on.
    Held { id: Uuid, length: Duration, until: OffsetDateTime },
    /// Everybody; the holder of this id was stopped.
    Broken { id: Uuid },
}

/// Why a lease was not given, not renewed or not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaseRefusal {
    /// Somebody else has it.
    AlreadyPresent,
    /// The id is not, or not any more, that of the lease.
    IdMismatch,
    /// The id is right, but the lease was broken.
    Broken,
}

impl Lease {
    pub(crate) fn acquire(
        &mut self,
        id: Uuid,
        length: Duration,
        now: OffsetDateTime,
    ) -> Result<(), LeaseRefusal> {
        if self.is_held(now) && self.id() != Some(id) {
            return Err(LeaseRefusal::AlreadyPresent);
        }
        *self = Self::Held { id, length, until: now + length };
        Ok(())
    }

    pub(crate) fn renew(&mut self, asked: Uuid, now: OffsetDateTime) -> Result<(), LeaseRefusal> {
        match self {
            Self::Held { id, length, until } if *id == asked => {
                *until = now + *length;
                Ok(())
            }
            Self::Broken { id } if *id == asked => Err(LeaseRefusal::Broken),
            Self::Available | Self::Held { .. } | Self::Broken { .. } => Err(LeaseRefusal::IdMismatch),
        }
    }

    pub(crate) fn release(&mut self, id: Uuid) -> Result<(), LeaseRefusal> {
        if self.id() != Some(id) {
            return Err(LeaseRefusal::IdMismatch);
        }
        *self = Self::Available;
        Ok(())
    }

    pub(crate) fn break_now(&mut self) {
        if let Some(id) = self.id() {
            *self = Self::Broken { id };
        }
    }

    pub(crate) fn is_held(&self, now: OffsetDateTime) -> bool {
        matches!(self, Self::Held { until, .. } if now < *until)
    }

    pub(crate) fn age(&mut self, by: Duration) {
        if let Self::Held { until, .. } = self {
            *until -= by;
        }
    }

    const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Available => None,
            Self::Held { id, .. } | Self::Broken { id } => Some(*id),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
    const MINUTE: Duration = Duration::MINUTE;
    const OURS: Uuid = Uuid::from_u128(1);
    const THEIRS: Uuid = Uuid::from_u128(2);

    fn held() -> Lease {
        let mut lease = Lease::default();
        lease.acquire(OURS, MINUTE, NOW).unwrap();
        lease
    }

    #[test]
    fn a_lease_has_one_holder_until_its_time_is_over() {
        let mut lease = held();
        let last = NOW + MINUTE - Duration::MILLISECOND;
        assert!(lease.is_held(last) && !lease.is_held(NOW + MINUTE));
        assert_eq!(lease.acquire(THEIRS, MINUTE, last), Err(LeaseRefusal::AlreadyPresent));
        assert_eq!(lease.renew(THEIRS, last), Err(LeaseRefusal::IdMismatch));
        assert_eq!(lease.release(THEIRS), Err(LeaseRefusal::IdMismatch));
        assert_eq!(lease.acquire(THEIRS, MINUTE, NOW + MINUTE), Ok(()));
        assert_eq!(lease.renew(OURS, NOW + MINUTE), Err(LeaseRefusal::IdMismatch));
    }

    #[test]
    fn the_holder_takes_it_again_and_renews_it_even_when_its_time_is_over() {
        let mut lease = held();
        assert_eq!(lease.acquire(OURS, MINUTE, NOW + MINUTE / 2), Ok(()));
        assert!(lease.is_held(NOW + MINUTE));
        assert_eq!(lease.renew(OURS, NOW + 3 * MINUTE), Ok(()));
        assert!(lease.is_held(NOW + 3 * MINUTE));
    }

    #[test]
    fn a_released_lease_is_free_at_once_and_nothing_to_renew() {
        let mut lease = held();
        assert_eq!(lease.release(OURS), Ok(()));
        assert_eq!(lease, Lease::Available);
        assert_eq!(lease.renew(OURS, NOW), Err(LeaseRefusal::IdMismatch));
        assert_eq!(lease.release(OURS), Err(LeaseRefusal::IdMismatch));
    }

    #[test]
    fn a_broken_lease_is_free_and_its_holder_told_apart() {
        let mut lease = held();
        lease.break_now();
        assert!(!lease.is_held(NOW));
        assert_eq!(lease.renew(OURS, NOW), Err(LeaseRefusal::Broken));
        assert_eq!(lease.renew(THEIRS, NOW), Err(LeaseRefusal::IdMismatch));
        assert_eq!(lease.acquire(THEIRS, MINUTE, NOW), Ok(()));
    }

    #[test]
    fn a_lease_ages() {
        let mut lease = held();
        lease.age(MINUTE);
        assert!(!lease.is_held(NOW));
    }
}
