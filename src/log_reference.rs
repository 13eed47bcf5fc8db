//! `docs/log.md`: the lines of the log, for operators and for whoever writes queries. What the process logs is held
//! against it in every end-to-end test.

use std::fmt::Write as _;

/// What a line of the log says that has this `step`.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The value of the field `step`.
    pub name: &'static str,
    /// The levels at which it is logged.
    pub levels: &'static [&'static str],
    /// What it says, in Markdown.
    pub meaning: &'static str,
    /// The fields that it may have besides those of every line.
    pub fields: &'static [&'static str],
}

/// A field of a line.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, which does not change.
    pub name: &'static str,
    /// What it says, in Markdown.
    pub meaning: &'static str,
}

/// The fields of every line; those of `span` are missing outside of an invocation.
pub const COMMON_FIELDS: &[Field] = &[
    Field { name: "timestamp", meaning: "When, in UTC." },
    Field {
        name: "level",
        meaning: "`ERROR`, `WARN` or `INFO`. The host logs every line of stdout as information, whatever this says.",
    },
    Field { name: "message", meaning: "The same for people." },
    Field { name: "step", meaning: "What the line is about; see above." },
    Field { name: "span.name", meaning: "`invocation`." },
    Field { name: "span.invocation_id", meaning: "The host's id of the invocation." },
    Field { name: "span.function", meaning: "The function that was invoked." },
    Field {
        name: "span.target",
        meaning: "The secret, as vault/secret: on every line of `Rotate`, once its message was read.",
    },
];

/// Every step.
pub const STEPS: &[Step] = &[
    Step {
        name: "start",
        levels: &["INFO", "WARN"],
        meaning: "The handler is ready, and what it works with; before that, a warning if the machine has no root certificates.",
        fields: &["cloud", "mode", "vaults", "declared"],
    },
    Step {
        name: "invocation",
        levels: &["ERROR"],
        meaning: "An invocation that cannot be read, that there is no room for, or of a function that the handler does not have.",
        fields: &[],
    },
    Step {
        name: "panic",
        levels: &["ERROR"],
        meaning: "A defect of the program, with its place; the invocation failed, and no other.",
        fields: &[],
    },
    Step {
        name: "sweep",
        levels: &["INFO"],
        meaning: "The hourly sweep enqueued every target. Its absence is an alert.",
        fields: &["vaults", "targets", "whole"],
    },
    Step {
        name: "enqueue",
        levels: &["INFO"],
        meaning: "A target was enqueued by an event or by a person.",
        fields: &["target", "asked_by"],
    },
    Step {
        name: "ignore",
        levels: &["INFO"],
        meaning: "An event or a request that led to nothing.",
        fields: &["target"],
    },
    Step {
        name: "park",
        levels: &["ERROR"],
        meaning: "What nobody could read lies in the queue `parked`.",
        fields: &["reason"],
    },
    Step {
        name: "lease",
        levels: &["INFO", "WARN"],
        meaning: "The lease that lets one rotation of an account go on at a time.",
        fields: &[],
    },
    Step {
        name: "look",
        levels: &["INFO", "WARN"],
        meaning: "What a look took in; what it found that stops nothing and should be known.",
        fields: &["scopes", "searched", "workspaces", "holders", "holder", "workspace", "hint"],
    },
    Step {
        name: "keys",
        levels: &["INFO"],
        meaning: "How old the keys are, which is published, and when the next rotation is due.",
        fields: &["account", "published", "version_days", "key1_days", "key2_days", "due"],
    },
    Step {
        name: "decide",
        levels: &["INFO"],
        meaning: "The one thing to do next.",
        fields: &["decision", "reason"],
    },
    Step {
        name: "overdue",
        levels: &["ERROR"],
        meaning: "A target has been due for more than three days, or its version has expired.",
        fields: &["due", "hint"],
    },
    Step {
        name: "forced",
        levels: &["INFO", "WARN"],
        meaning: "A rotation before its time was asked for a version that is not the current one.",
        fields: &["hint"],
    },
    Step {
        name: "compromised",
        levels: &["WARN"],
        meaning: "A key leaked: whom it cuts off that it is made useless, or that it stays published.",
        fields: &["key", "hint"],
    },
    Step {
        name: "amend",
        levels: &["INFO"],
        meaning: "Audit: the current version was changed in place.",
        fields: &["audit", "target", "version", "reason", "asked_by", "duration_ms"],
    },
    Step {
        name: "regenerate",
        levels: &["INFO"],
        meaning: "Audit: a key was made anew, and its old value is dead.",
        fields: &["audit", "target", "account", "key", "reason", "asked_by", "duration_ms"],
    },
    Step {
        name: "resync",
        levels: &["INFO", "WARN"],
        meaning: "A workspace took a live key; or it is not known whether it did.",
        fields: &["workspace", "duration_ms", "exposed_ms", "hint"],
    },
    Step {
        name: "prove",
        levels: &["INFO", "WARN"],
        meaning: "The data plane accepts the new key, or cannot be asked.",
        fields: &["key"],
    },
    Step {
        name: "publish",
        levels: &["INFO"],
        meaning: "Audit: a key was put in the vault. One line a rotation.",
        fields: &["audit", "target", "account", "from", "to", "version", "reason", "asked_by", "duration_ms"],
    },
    Step {
        name: "move",
        levels: &["INFO"],
        meaning: "A holder was given the published key, or was gone.",
        fields: &["holder"],
    },
    Step {
        name: "blocked",
        levels: &["ERROR"],
        meaning: "A person has to mend something.",
        fields: &["target", "vault", "reason", "hint"],
    },
    Step {
        name: "failed",
        levels: &["WARN"],
        meaning: "Something failed that may pass, and is tried again.",
        fields: &["target", "vault", "reason"],
    },
    Step {
        name: "done",
        levels: &["INFO"],
        meaning: "The run of a message ended. One line a run.",
        fields: &[
            "target",
            "decision",
            "reason",
            "until",
            "would_do",
            "comes_back",
            "steps",
            "duration_ms",
            "asked_by",
        ],
    },
];

/// The fields of single steps.
pub const FIELDS: &[Field] = &[
    Field { name: "account", meaning: "The resource id of the storage account." },
    Field { name: "asked_by", meaning: "Who or what asked for the run." },
    Field {
        name: "audit",
        meaning: "`true` on the lines that say what was changed about a key, and on no other.",
    },
    Field { name: "cloud", meaning: "The cloud that the handler works in." },
    Field {
        name: "comes_back",
        meaning: "Whether the host gets the message again, because something may pass.",
    },
    Field {
        name: "decision",
        meaning: "The kind of the decision: `amend`, `blocked`, `ignore`, `look again`, `look whole`, `move`, `publish`, `regenerate`, `resync`, `unfinished`, `up to date` or `wait`.",
    },
    Field { name: "declared", meaning: "How many targets `ROTATOR_TARGETS` declares." },
    Field { name: "due", meaning: "Since or from when the next rotation is due." },
    Field {
        name: "duration_ms",
        meaning: "Milliseconds: of the run so far, of a whole run (`done`), or of a resync.",
    },
    Field {
        name: "exposed_ms",
        meaning: "Milliseconds from the regeneration of the key that a workspace may have kept, to the end of its resync; on a line at `WARN`, so far.",
    },
    Field {
        name: "from",
        meaning: "The key that was published before: `key1`, `key2`, `no secret` or `neither key`.",
    },
    Field { name: "hint", meaning: "What mends it, and where more is written about it." },
    Field { name: "holder", meaning: "A datastore or a connection." },
    Field { name: "holders", meaning: "How many hold a key of the account." },
    Field { name: "key", meaning: "`key1` or `key2`." },
    Field { name: "key1_days", meaning: "The age of `key1` in days, where the account knows it." },
    Field { name: "key2_days", meaning: "The age of `key2` in days, where the account knows it." },
    Field { name: "mode", meaning: "What `ROTATOR_MODE` says." },
    Field { name: "published", meaning: "The key that the secret holds: `key1`, `key2` or `neither`." },
    Field { name: "reason", meaning: "Why." },
    Field { name: "scopes", meaning: "Where holders were looked for." },
    Field { name: "searched", meaning: "How many workspaces were searched." },
    Field { name: "steps", meaning: "How many decisions were carried out that write." },
    Field { name: "target", meaning: "The secret, as vault/secret." },
    Field { name: "targets", meaning: "How many targets were enqueued." },
    Field { name: "to", meaning: "The key that was published." },
    Field { name: "until", meaning: "From when on there will be something to do." },
    Field { name: "vault", meaning: "The name of a key vault." },
    Field { name: "vaults", meaning: "The key vaults, or how many there are." },
    Field { name: "version", meaning: "The version of the secret." },
    Field { name: "version_days", meaning: "The age of the current version in days." },
    Field { name: "whole", meaning: "Whether everything is looked at, due or not." },
    Field { name: "workspace", meaning: "The resource id of a workspace." },
    Field { name: "workspaces", meaning: "How many workspaces are on the account." },
    Field {
        name: "would_do",
        meaning: "Whether the decision was not carried out because the mode is `observe`.",
    },
];

const INTRODUCTION: &str = "\
# The log

The handler writes one JSON object a line to stdout. The Functions host logs each line as it is, in the category
`Host.Function.Console`; in a workspace-based Application Insights it is the `Message` of a row of `AppTraces`. Only a
handler that cannot start writes to stderr, which the host logs as an error.

The names of steps and fields are stable. [operations.md](operations.md) says what to do about what is logged as a warning
or an error; the queries in `infra/queries/` read these lines.

Made from `src/log_reference.rs` by `cargo xtask generate`: change it there.
";

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page += "\n## Steps\n\n| step | levels | what it says | its own fields |\n| --- | --- | --- | --- |\n";
    for Step { name, levels, meaning, fields } in STEPS {
        let fields = fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
        // Writing to a `String` does not fail.
        let _ = writeln!(page, "| `{name}` | {} | {meaning} | {fields} |", levels.join(", "));
    }
    for (title, fields) in [("Fields of every line", COMMON_FIELDS), ("Fields of single steps", FIELDS)] {
        let _ = write!(page, "\n## {title}\n\n| field | meaning |\n| --- | --- |\n");
        for Field { name, meaning } in fields {
            let _ = writeln!(page, "| `{name}` | {meaning} |");
        }
    }
    page
}

#[cfg(test)]
mod tests;
