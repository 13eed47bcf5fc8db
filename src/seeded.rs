//! For tests: switches of random tests, which the product does not have, and the seeds that bring a case back.

use proptest::test_runner::{RngAlgorithm, TestRng};
use uuid::Uuid;

/// What an environment variable says, if it is set.
#[expect(clippy::disallowed_methods, reason = "switches of tests, which the product does not have")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How many cases there are, by the environment variable `name`.
pub(crate) fn count(name: &str) -> Option<u32> {
    variable(name).map(|count| count.parse().unwrap_or_else(|_| panic!("{name} is a number of cases")))
}

/// The seed of a random test.
#[derive(Clone, Copy)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    /// The one that the environment variable `name` gives in 64 hexadecimal digits; a random one otherwise.
    pub(crate) fn of_variable(name: &str) -> Self {
        let Some(given) = variable(name) else {
            return Self(std::array::from_fn(|_| Uuid::new_v4().as_bytes()[0]));
        };
        assert_eq!(given.len(), 64, "{name} has 64 hexadecimal digits");
        Self(std::array::from_fn(|index| u8::from_str_radix(&given[2 * index..2 * index + 2], 16).unwrap()))
    }

    /// Its digits.
    pub(crate) fn digits(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What comes of it.
    pub(crate) fn random(self) -> TestRng {
        TestRng::from_seed(RngAlgorithm::ChaCha, &self.0)
    }
}
