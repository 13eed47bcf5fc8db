//! Whatever comes out of a handler is searched for secret values. Each test plants one.

use std::collections::BTreeSet;

use azure_sandbox::PlaceKind::{AnswerBody, AnswerHead, CommandLine, File, FileName, Log, Message};
use azure_sandbox::functions_host::FunctionsHost;
use azure_sandbox::{
    AccountSetup, Credential, DatastoreSetup, Dependent, Encoding, Holding, KeyName, KeyValue, Leak, Place,
    PlaceKind, Violation, WorkspaceSetup, World,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, client, eventually, notify};

// With `+` and `/` so often that no telling part of them looks the same in two encodings.
const LIVE: &str = "+/ECAwQFBgcICQoLD+/ODxAREhMUFRYXGBk+/xwdHh8gISIjJCUm+/gpKissLS4vMDEyMzQ+/jc4OTo7PD0+Pw==";
const DEAD: &str =
    "x+/9pYbRgT2uLfWq7cN+/hKzMvJ5sEtDyGa3Vn+/RrQmXo8BiUkC1e4+/ZlPwFdHgS6xTjAy+/KbNcVu0qWmLoIpEQ==";
const SIGNATURE: &str = "K9+/Zd3mQxW0b7Ylo+/2VtuGh5sJrE8c+/Na4FiPq6k=";

const CONSOLE: (PlaceKind, &str) = (Log, "Host.Function.Console");

fn access_key(key: KeyName) -> Credential {
    Credential::AccessKey { account: "stml".to_owned(), key }
}

/// Gives the world a live key, a dead one and a signature.
fn furnish(world: &World) -> [(Credential, String); 3] {
    let keys = (KeyValue::from_text(LIVE), KeyValue::from_text(DEAD));
    let account = world.add_storage_account(AccountSetup::new("s", "g", "stml").keys(keys.0, keys.1));
    world.regenerate_outside("stml", KeyName::Key2);
    let workspace = world.add_workspace(WorkspaceSetup::new("s", "g", "ws", &account));
    let datastore = DatastoreSetup::blob(&workspace, "with-sas", "stml", "data");
    world.add_datastore(
        datastore.holding(Holding::Sas(format!("sv=2026-10-06&sig={}", percent_encoded(SIGNATURE)))),
    );
    let holder = Dependent::Datastore { workspace: "ws".to_owned(), name: "with-sas".to_owned() };
    [
        (access_key(KeyName::Key1), LIVE.to_owned()),
        (access_key(KeyName::Key2), DEAD.to_owned()),
        (Credential::SasSignature { holder }, SIGNATURE.to_owned()),
    ]
}

fn percent_encoded(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// The host's own key, as its webhook asks for it.
fn host_key(host: &FunctionsHost) -> (Credential, String) {
    let key = host.event_grid_webhook("OnEvent").split_once("&code=").unwrap().1.to_owned();
    (Credential::HostKey { name: "eventgrid_extension".to_owned() }, key)
}

/// An app whose world knows a dead key.
fn app() -> App {
    let app = App::new();
    furnish(&app.world);
    app
}

/// Lets `OnMsg` answer so, once.
async fn answered(app: &App, answer: Value) -> FunctionsHost {
    app.answers(&json!({ "OnMsg": [answer, {}] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    host
}

#[tokio::test]
async fn a_value_of_every_kind_in_every_encoding_on_the_console_is_found() {
    let app = App::new();
    let host = app.start().await;
    let mut secrets = Vec::from(furnish(&app.world));
    secrets.push(host_key(&host));
    let mut expected = BTreeSet::new();
    let mut lines = Vec::new();
    for (credential, value) in &secrets {
        let letters: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        lines.extend([value.clone(), letters, STANDARD.encode(format!("{{\"is\":\"{value}\"}}"))]);
        let mut encodings = vec![Encoding::Raw, Encoding::Hex, Encoding::Base64];
        if value.contains('+') {
            lines.push(format!("?sig={}", percent_encoded(value)));
            lines.push(format!("\"{}\"", value.replace('/', "\\/").replace('+', "\\u002B")));
            lines.push(value.replace('+', "-").replace('/', "_"));
            encodings.extend([Encoding::Percent, Encoding::Json, Encoding::Base64Url]);
        }
        expected.extend(encodings.iter().map(|encoding| format!("{credential}, {encoding}")));
    }
    let console: Vec<String> = lines.iter().map(|line| format!("said: {line} (end)")).collect();
    app.answers(&json!({ "OnEvent": [{ "stdout": console }] }));
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    let found = || -> BTreeSet<String> {
        let leaks = app.world.leaks().into_iter();
        let on_console = leaks.filter(|(place, _)| (place.kind, place.name.as_str()) == CONSOLE);
        on_console.map(|(_, leak)| leak.to_string()).collect()
    };
    eventually("all lines", || found().len() == expected.len()).await;
    assert_eq!(found(), expected);
    app.no_leaks.allow_what_was_planted();
}

#[tokio::test]
async fn a_value_on_either_stream_of_the_console_is_found() {
    for stream in ["stdout", "stderr"] {
        let app = app();
        let _host = answered(&app, json!({ stream: [format!("the key is {DEAD}")] })).await;
        eventually("the line", || !app.world.violations().is_empty()).await;
        app.assert_planted(&access_key(KeyName::Key2), DEAD, &[CONSOLE]);
    }
}

#[tokio::test]
async fn a_value_in_any_part_of_an_answer_is_found_and_so_is_what_becomes_of_it() {
    let (head, body) = ((AnswerHead, "OnMsg"), (AnswerBody, "OnMsg"));
    let (parked, failed) = ((Message, "parked"), (Log, "Function.OnMsg"));
    let cases = [
        (
            json!({ "body": json!({ "Logs": [format!("got {DEAD}")] }).to_string() }),
            vec![body, (Log, "Function.OnMsg.User")],
        ),
        (
            json!({ "body": json!({ "Outputs": { "parked": [{ "key": DEAD }] } }).to_string() }),
            vec![body, parked],
        ),
        // Base64: the host puts the bytes on the queue.
        (json!({ "body": json!({ "Outputs": { "parked": DEAD } }).to_string() }), vec![body, parked]),
        (json!({ "body": json!({ "Outputs": { "unknown": DEAD } }).to_string() }), vec![body]),
        (json!({ "body": json!({ "ReturnValue": DEAD }).to_string() }), vec![body]),
        (json!({ "body": json!({ "ReturnValue": { "parked": [DEAD] } }).to_string() }), vec![body, parked]),
        (json!({ "contentType": format!("application/json; note={DEAD}") }), vec![head]),
        (json!({ "status": 307, "location": format!("/{DEAD}") }), vec![head]),
        (json!({ "status": 500, "body": DEAD }), vec![body]),
        (json!({ "contentType": "text/plain", "body": DEAD }), vec![body, failed]),
    ];
    for (answer, places) in cases {
        let app = app();
        let _host = answered(&app, answer).await;
        app.assert_planted(&access_key(KeyName::Key2), DEAD, &places);
    }
}

#[tokio::test]
async fn a_value_in_a_message_is_found_though_the_message_is_consumed() {
    let app = app();
    let host = app.start().await;
    host.enqueue("work", &json!({ "key": SIGNATURE }).to_string());
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(host.queue_messages("work").is_empty());
    let holder = Dependent::Datastore { workspace: "ws".to_owned(), name: "with-sas".to_owned() };
    app.assert_planted(&Credential::SasSignature { holder }, SIGNATURE, &[(Message, "work")]);
}

#[tokio::test]
async fn a_value_in_a_file_or_its_name_is_found_when_somebody_looks_and_at_the_end_of_the_host() {
    let name = LIVE.replace('+', "-").replace('/', "_");
    let files =
        json!({ "OnMsg/core": format!("\u{0}\u{1}{LIVE}\u{0}"), name.as_str(): "", "notes.txt": "done" });
    for looks in [true, false] {
        let app = app();
        let host = answered(&app, json!({ "files": files })).await;
        assert_eq!(app.world.violations(), []);
        if looks {
            host.show_files().unwrap();
        } else {
            host.kill().await;
        }
        let mut violations = app.world.violations();
        violations.sort_by_key(ToString::to_string);
        let root = app.options().app_root.display().to_string();
        let leak = |encoding| Leak { credential: access_key(KeyName::Key1), encoding };
        let expected = [
            (Place { kind: File, name: format!("{root}/OnMsg/core") }, leak(Encoding::Raw)),
            (Place { kind: FileName, name: root }, leak(Encoding::Base64Url)),
        ];
        assert_eq!(violations, expected.map(|(place, leak)| Violation::Leak { place, leak }));
        app.no_leaks.allow_what_was_planted();
    }
}

#[tokio::test]
async fn the_last_words_of_a_process_that_dies_are_searched_and_so_is_what_the_host_says_of_them() {
    let app = app();
    let stderr = ["thread 'main' panicked at src/main.rs:", &format!("no such key: {DEAD}")];
    // Time for the host to read its last words, which it repeats.
    let _host = answered(&app, json!({ "stderr": stderr, "delayMilliseconds": 200, "exit": 101 })).await;
    eventually("both lines", || app.world.leaks().len() == 2).await;
    let mut places: Vec<String> = app.world.violations().iter().map(ToString::to_string).collect();
    places.sort();
    let leak = "gives away a value of `key2` of storage account `stml`, as it is";
    let expected = ["Host.Function.Console", "Host.Worker"];
    assert_eq!(places, expected.map(|category| format!("a line of the log of `{category}` {leak}")));
    app.no_leaks.allow_what_was_planted();
}

#[tokio::test]
async fn a_value_in_the_command_line_is_found() {
    let app = app();
    app.arguments(&["--key", DEAD]);
    let host = app.start().await;
    let command_line = (CommandLine, "handler");
    app.assert_planted(&access_key(KeyName::Key2), DEAD, &[command_line]);
    host.show_files().unwrap();
    app.assert_planted(&access_key(KeyName::Key2), DEAD, &[command_line, (File, "/host.json")]);
}

/// Calls `Now` with a key, as its callers may: in the query.
async fn call_now(host: &FunctionsHost, key: &str) -> u16 {
    let url = format!("{}?code={key}", host.http_url("Now").unwrap());
    client().post(url).body("{}").send().await.unwrap().status().as_u16()
}

/// The handler has the key of whoever calls it, and says so to nobody.
#[tokio::test]
async fn what_the_host_sends_to_the_handler_is_no_leak() {
    let app = app();
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1", "data": { "code": host_key(&host).1 } })).await, 202);
    let own = host.keys().function("Now").unwrap();
    assert_eq!(call_now(&host, own).await, 204);
    let [event, call] = app.recorded().try_into().unwrap();
    assert!(event.to_string().contains(&host_key(&host).1) && call.to_string().contains(own));
    assert_eq!(app.world.violations(), []);
}

#[tokio::test]
async fn the_key_of_a_caller_is_found_when_the_handler_repeats_it() {
    for which in ["_master", "default", "eventgrid_extension", "default of Now", "default of Page"] {
        let app = App::new();
        let host = app.start().await;
        let keys = host.keys();
        let (name, key) = keys.named().find(|(name, _)| name == which).unwrap();
        let answer =
            json!({ "Outputs": { "res": { "statusCode": 200, "body": format!("no such key: {key}") } } });
        app.answers(&json!({ "Now": [{ "body": answer.to_string() }] }));
        assert_eq!(call_now(&host, keys.master()).await, 200);
        app.assert_planted(&Credential::HostKey { name }, key, &[(AnswerBody, "Now")]);
    }
}
