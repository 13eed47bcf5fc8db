//! Whatever comes out, searched for the keys that went in.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

use azure_sandbox::{AccountSetup, KeyName, SasSetup, World};

/// The account whose keys are planted.
const ACCOUNT: &str = "stplanted";

/// Secret values that are planted in inputs, and everything that knows them in whatever form.
pub(super) struct Planted {
    world: World,
    /// Two access keys, and a shared access signature.
    pub(super) values: Vec<String>,
}

impl Planted {
    pub(super) fn new() -> Self {
        let world = World::new();
        world.add_storage_account(AccountSetup::new("s", "g", ACCOUNT).container("data"));
        let mut values = KeyName::BOTH.map(|key| world.key_value(ACCOUNT, key).expose().to_owned()).to_vec();
        values.push(world.sign_sas(ACCOUNT, SasSetup::container("data")));
        Self { world, values }
    }

    /// The input with the values in it for which it has a name.
    pub(super) fn put_into(&self, input: &[u8]) -> Vec<u8> {
        put_into(input, &self.values)
    }

    /// An error when a text gives one of them away.
    pub(super) fn search(&self, what: &str, text: impl AsRef<[u8]>) -> Result<(), String> {
        search(&self.world, what, text)
    }
}

/// The names of the values in an input. A corpus has these, and no value.
pub(super) const NAMES: [&str; 3] = ["<<KEY1>>", "<<KEY2>>", "<<TOKEN>>"];

/// The input with `values` in place of their [`NAMES`].
pub(super) fn put_into(input: &[u8], values: &[String]) -> Vec<u8> {
    let mut rest = input;
    let mut planted = Vec::with_capacity(input.len());
    while let Some(first) = rest.first() {
        let found = NAMES.iter().zip(values).find(|(name, _)| rest.starts_with(name.as_bytes()));
        let (taken, put) = match found {
            Some((name, value)) => (name.len(), value.as_bytes()),
            None => (1, std::slice::from_ref(first)),
        };
        planted.extend_from_slice(put);
        rest = &rest[taken..];
    }
    planted
}

/// An error when a text gives away a secret value of the world.
pub(super) fn search(world: &World, what: &str, text: impl AsRef<[u8]>) -> Result<(), String> {
    match world.leak_in(&text) {
        None => Ok(()),
        Some(leak) => {
            let shown = world.masked(&String::from_utf8_lossy(text.as_ref()));
            Err(format!("{what} gives away {leak}:\n{shown}"))
        }
    }
}

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// How often this thread panicked so far, caught or not: a task that panics tells only whoever waits for it.
pub(super) fn panics() -> usize {
    static COUNTED: Once = Once::new();
    COUNTED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            PANICS.set(PANICS.get() + 1);
            before(panicked);
        }));
    });
    PANICS.get()
}
