//! Somebody at a terminal: answers a question, and presses Ctrl-C.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Output, Stdio};

use azure_sandbox::World;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::console::{Printed, command};

/// Runs a command whose stdin is a terminal on which `answer` is typed.
pub(super) async fn answer(
    world: &World,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
    answer: &str,
) -> Printed {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let terminal = OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut controller = std::fs::File::from(controller);
    controller.write_all(answer.as_bytes()).unwrap();
    let mut command = command(environment, arguments);
    command.stdin(terminal);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    drop(controller);
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
