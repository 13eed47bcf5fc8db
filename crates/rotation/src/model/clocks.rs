//! The clocks of a world.
//!
//! "Our clock and Azure's may differ by 15 minutes" leaves open which of Azure's. Its services do not share one, so
//! here each of them is within 15 minutes of ours, and two of them may be 30 minutes apart. Two do: the vault's dates
//! the versions and sends the near-expiry event; the other dates keys (`creationTime`) and the writes of holders
//! (`lastModifiedAt`), which nothing compares with each other. Our own clock is that of the instance a run happens to
//! be on: two of ours may be 30 minutes apart as well, and each goes by what the other wrote (`HoldersMovedAt`, and the
//! expiry of a version).

use std::fmt;

use proptest::prelude::{Strategy, prop_oneof};
use time::Duration;

const FARTHEST: Duration = Duration::minutes(15);

/// How far each clock is ahead of true time.
#[derive(Clone, Copy)]
pub(crate) struct Clocks {
    /// Those of two instances of this program.
    pub(crate) ours: [Duration; 2],
    /// The vault's.
    pub(crate) vault: Duration,
    /// Azure Resource Manager's, and of the services behind it.
    pub(crate) arm: Duration,
}

impl Clocks {
    pub(crate) const TRUE: Self =
        Self { ours: [Duration::ZERO; 2], vault: Duration::ZERO, arm: Duration::ZERO };

    /// Every combination of clocks that are right, a second off or as far off as they may be.
    pub(crate) fn every() -> impl Iterator<Item = Self> {
        const OFFSETS: [Duration; 5] =
            [Duration::minutes(-15), Duration::seconds(-1), Duration::ZERO, Duration::SECOND, FARTHEST];
        let pairs = || OFFSETS.into_iter().flat_map(|one| OFFSETS.map(|other| [one, other]));
        pairs()
            .flat_map(move |ours| pairs().map(move |[vault, arm]| Self { ours, vault, arm }))
            .filter(Self::are_close)
    }

    /// Any clocks.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let offset = || prop_oneof![1 => -900..=900_i64, 1 => proptest::sample::select(vec![-900, 0, 900])];
        (offset(), offset(), offset(), offset()).prop_map(|(vault, arm, one, other)| {
            let of_ours = |seconds: i64| seconds.clamp(vault.max(arm) - 900, vault.min(arm) + 900);
            let [one, other, vault, arm] = [of_ours(one), of_ours(other), vault, arm].map(Duration::seconds);
            Self { ours: [one, other], vault, arm }
        })
    }

    /// Whether each of ours is as close to each of Azure's as they may be trusted to be.
    fn are_close(&self) -> bool {
        let azures = [self.vault, self.arm];
        self.ours.iter().all(|ours| azures.iter().all(|azure| (*ours - *azure).abs() <= FARTHEST))
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ours: [one, other], vault, arm } = self;
        write!(formatter, "Clocks(ours {one} and {other}, vault {vault}, ARM {arm})")
    }
}

#[test]
fn two_of_azures_clocks_and_two_of_ours_may_be_half_an_hour_apart() {
    let apart = |one: Duration, other: Duration| (one - other).abs();
    let farthest = |of: fn(&Clocks) -> [Duration; 2]| {
        Clocks::every().map(|clocks| of(&clocks)).map(|[one, other]| apart(one, other)).max()
    };
    assert_eq!(farthest(|clocks| [clocks.vault, clocks.arm]), Some(FARTHEST * 2));
    assert_eq!(farthest(|clocks| clocks.ours), Some(FARTHEST * 2));
    assert_eq!(farthest(|clocks| [clocks.ours[0], clocks.vault]), Some(FARTHEST));
    assert_eq!(farthest(|clocks| [clocks.ours[1], clocks.arm]), Some(FARTHEST));
}
