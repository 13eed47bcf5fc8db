//! Somebody at a terminal: sees colours, answers a question, and presses Ctrl-C.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Output, Stdio};

use azure_sandbox::{PlaceKind, Witness, World};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::console::{Printed, command};

/// A terminal, by the end that a person sits at and the end that a program has.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let program = OpenOptions::new().read(true).write(true).open(name).unwrap();
    (File::from(person), program)
}

/// What a command shows whose stdout is a terminal.
pub(super) async fn shown(
    world: &World,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
) -> String {
    let (mut person, program) = terminal();
    let mut command = command(environment, arguments);
    let mut child = command.stdin(Stdio::null()).stdout(program).stderr(Stdio::null()).spawn().unwrap();
    // It has the program's end too, and the terminal ends with the last of them.
    drop(command);
    let shown = tokio::task::spawn_blocking(move || {
        let mut shown = Vec::new();
        let end = person.read_to_end(&mut shown);
        // That is how Linux tells that nobody has the other end any more.
        assert!(
            end.is_ok() || end.is_err_and(|error| error.raw_os_error() == Some(Errno::IO.raw_os_error()))
        );
        child.wait().unwrap();
        shown
    });
    let shown = shown.await.unwrap();
    world.see(PlaceKind::Log, "terminal", &shown);
    String::from_utf8(shown).unwrap()
}

/// Runs a command whose stdin is a terminal on which `answer` is typed.
pub(super) async fn answer(
    world: &World,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
    answer: &str,
) -> Printed {
    let (mut person, program) = terminal();
    person.write_all(answer.as_bytes()).unwrap();
    let mut command = command(environment, arguments);
    command.stdin(program);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    drop(person);
    Printed::of(world, &output)
}

/// Runs a command, and presses Ctrl-C as often as told as soon as stderr has said each of `words`.
pub(super) async fn interrupt(
    world: &World,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
    words: &'static [&'static str],
) -> Printed {
    let mut command = command(environment, arguments);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = tokio::task::spawn_blocking(move || watch(child, words)).await.unwrap();
    Printed::of(world, &output)
}

fn watch(mut child: Child, words: &[&str]) -> Output {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut stderr = String::new();
    for word in words {
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("`{word}` was never said: {stderr}")).unwrap();
            stderr += &(line.clone() + "\n");
            if line.contains(word) {
                break;
            }
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    }
    for line in lines {
        stderr += &(line.unwrap() + "\n");
    }
    let mut stdout = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    Output { status: child.wait().unwrap(), stdout, stderr: stderr.into_bytes() }
}
