//! The question before it is done.

use std::io::{self, Write, stderr, stdin};

use rotation::SecretId;

/// Asks on the terminal; anything but yes is no.
pub(super) async fn agreed(target: &SecretId) -> io::Result<bool> {
    let mut err = stderr();
    write!(err, "Rotate {target}? [y/N] ")?;
    err.flush()?;
    // Another thread waits for the person: this one goes on to serve the runtime.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        stdin().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await.map_err(io::Error::other)??;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_yes_is_no() {
        for (answer, expected) in
            [("y\n", true), ("YES\n", true), ("\n", false), ("", false), ("n\n", false), ("yeah\n", false)]
        {
            assert_eq!(is_yes(answer), expected, "{answer:?}");
        }
    }
}
