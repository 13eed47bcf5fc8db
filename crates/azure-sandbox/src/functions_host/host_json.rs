//! `host.json`: how to start the handler, and how to treat queues.
//!
//! Source: the host.json reference and "Azure Functions custom handlers" of Microsoft's documentation, and the host's
//! source (`HttpWorkerOptionsSetup.cs`, `ScriptJobHostOptionsSetup.cs`).

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::error::HostError;
use super::members::Members;

/// Without `functionTimeout`: 30 minutes, on every plan but Consumption.
const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Seen on the real host; the documentation says 60 seconds.
const DEFAULT_INITIALIZATION_TIMEOUT: Duration = Duration::from_secs(30);
/// A storage queue hands out no more messages at once.
const MAX_BATCH_SIZE: u32 = 32;

/// What this host acts on of `host.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostJson {
    pub(super) executable: String,
    pub(super) arguments: Vec<String>,
    pub(super) working_directory: Option<String>,
    pub(super) initialization_timeout: Duration,
    /// `None` is unbounded (`-1`).
    pub(super) function_timeout: Option<Duration>,
    pub(super) queues: QueueSettings,
}

/// `extensions.queues`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueSettings {
    pub(super) batch_size: u32,
    pub(super) new_batch_threshold: u32,
    pub(super) max_dequeue_count: u32,
    pub(super) visibility_timeout: Duration,
}

impl HostJson {
    pub(super) fn read(app_root: &Path) -> Result<Self, HostError> {
        let path = app_root.join("host.json");
        let text = std::fs::read_to_string(&path).map_err(|source| HostError::ReadFile { path, source })?;
        Self::parse(&text).map_err(|reason| HostError::HostJson { reason })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut root = Members::of("", value)?;
        match root.required_text("version")?.as_str() {
            "2.0" => {}
            other => return Err(format!("`version` must be `2.0`, not `{other}`")),
        }
        for name in ["extensionBundle", "logging", "telemetryMode"] {
            root.ignore(name);
        }
        let function_timeout = match root.text("functionTimeout")?.as_deref() {
            None => Some(DEFAULT_FUNCTION_TIMEOUT),
            Some("-1") => None,
            Some(text) => Some(time_span(text)?),
        };
        let queues = queue_settings(root.object("extensions")?)?;
        let mut handler = root.object("customHandler")?.ok_or("`customHandler` is missing")?;
        root.finish()?;

        let initialization_timeout = match handler.text("initializationTimeout")? {
            None => DEFAULT_INITIALIZATION_TIMEOUT,
            Some(text) => time_span(&text)?,
        };
        for flag in ["enableForwardingHttpRequest", "enableProxyingHttpRequest"] {
            if !matches!(handler.take(flag), None | Some(Value::Bool(false))) {
                return Err(format!("this host does not know `{flag}` other than `false`"));
            }
        }
        let mut description =
            handler.object("description")?.ok_or("`customHandler.description` is missing")?;
        handler.finish()?;

        let executable = description.required_text("defaultExecutablePath")?;
        let working_directory = description.text("workingDirectory")?.filter(|path| !path.is_empty());
        let arguments = arguments(description.take("arguments"))?;
        description.finish()?;
        refuse_expansion(&executable)?;
        Ok(Self {
            executable,
            arguments,
            working_directory,
            initialization_timeout,
            function_timeout,
            queues,
        })
    }
}

fn queue_settings(extensions: Option<Members>) -> Result<QueueSettings, String> {
    let mut settings = QueueSettings {
        batch_size: 16,
        new_batch_threshold: 8,
        max_dequeue_count: 5,
        visibility_timeout: Duration::ZERO,
    };
    let Some(mut extensions) = extensions else { return Ok(settings) };
    let queues = extensions.object("queues")?;
    extensions.finish()?;
    let Some(mut queues) = queues else { return Ok(settings) };
    if let Some(size) = queues.number("batchSize")? {
        if !(1..=MAX_BATCH_SIZE).contains(&size) {
            return Err(format!("`batchSize` must be 1 to {MAX_BATCH_SIZE}, not {size}"));
        }
        settings.batch_size = size;
        settings.new_batch_threshold = size / 2;
    }
    if let Some(threshold) = queues.number("newBatchThreshold")? {
        settings.new_batch_threshold = threshold;
    }
    match queues.number("maxDequeueCount")? {
        None => {}
        Some(0) => return Err("`maxDequeueCount` must be at least 1".to_owned()),
        Some(count) => settings.max_dequeue_count = count,
    }
    if let Some(text) = queues.text("visibilityTimeout")? {
        settings.visibility_timeout = time_span(&text)?;
    }
    match queues.text("messageEncoding")? {
        Some(encoding) if !encoding.eq_ignore_ascii_case("base64") => {
            return Err(format!("this host does not know `messageEncoding` `{encoding}`"));
        }
        _ => {}
    }
    // Nothing is polled here: a message that can be seen is seen.
    queues.ignore("maxPollingInterval");
    queues.finish()?;
    Ok(settings)
}

/// The host joins arguments with spaces and quotes none of them, so one with a space becomes two.
fn arguments(value: Option<Value>) -> Result<Vec<String>, String> {
    let listed = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(other) => return Err(format!("`arguments` must be an array, not `{other}`")),
    };
    let mut arguments = Vec::new();
    for argument in listed {
        let Value::String(argument) = argument else {
            return Err(format!("`arguments` must hold text only, not `{argument}`"));
        };
        refuse_expansion(&argument)?;
        arguments.extend(argument.split_whitespace().map(str::to_owned));
    }
    Ok(arguments)
}

/// The real host expands `%NAME%`, and quotes are the business of the platform's process start.
fn refuse_expansion(text: &str) -> Result<(), String> {
    if text.contains(['%', '"']) {
        return Err(format!("this host does not know `%` and quotes in `{text}`"));
    }
    Ok(())
}

/// A .NET `TimeSpan`: `hh:mm:ss` or `d.hh:mm:ss`.
fn time_span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time span of the form hh:mm:ss");
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) => (days.parse::<u64>().map_err(|_| wrong())?, clock),
        None => (0, text),
    };
    let parts: Vec<u64> = clock.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    match parts[..] {
        [hours, minutes, seconds] if hours < 24 && minutes < 60 && seconds < 60 => {
            Ok(Duration::from_secs(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLER: &str = r#""customHandler":{"description":{"defaultExecutablePath":"handler"}}"#;

    fn refusal(members: &str) -> String {
        HostJson::parse(&format!(r#"{{"version":"2.0",{members}}}"#)).unwrap_err()
    }

    #[test]
    fn the_smallest_host_json_has_the_documented_defaults() {
        let settings = HostJson::parse(&format!(r#"{{"version":"2.0",{HANDLER}}}"#)).unwrap();
        assert_eq!(settings.function_timeout, Some(Duration::from_secs(1800)));
        assert_eq!(settings.initialization_timeout, Duration::from_secs(30));
        assert_eq!(settings.queues.batch_size, 16);
        assert_eq!(settings.queues.new_batch_threshold, 8);
        assert_eq!(settings.queues.max_dequeue_count, 5);
        assert_eq!(settings.queues.visibility_timeout, Duration::ZERO);
    }

    #[test]
    fn our_own_host_json_is_understood() {
        let settings = HostJson::parse(include_str!("../../../../host.json")).unwrap();
        assert_eq!(settings.arguments, ["serve"]);
        assert_eq!(settings.queues.visibility_timeout, Duration::from_secs(120));
    }

    #[test]
    fn an_argument_with_a_space_becomes_two() {
        assert_eq!(arguments(Some(serde_json::json!(["a b", "c"]))).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        assert_eq!(refusal(&format!(r#"{HANDLER},"retry":{{}}"#)), "this host does not know `retry`");
        assert_eq!(
            refusal(r#""customHandler":{"description":{"defaultExecutablePath":"h"},"port":1}"#),
            "this host does not know `port` of `customHandler`"
        );
        assert_eq!(
            refusal(&format!(r#"{HANDLER},"extensions":{{"queues":{{"messageEncoding":"none"}}}}"#)),
            "this host does not know `messageEncoding` `none`"
        );
        assert!(refusal(&format!(r#"{HANDLER},"functionTimeout":"2h""#)).contains("hh:mm:ss"));
    }
}
