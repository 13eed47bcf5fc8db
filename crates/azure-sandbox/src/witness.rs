//! Who is shown all that comes out of a handler, so that a secret value in it is found wherever it stands.

use std::fmt;

/// Is shown what comes out of a handler, as it happens.
pub trait Witness: Send + Sync {
    /// There is a secret value from now on: a key of the host, whose name says which.
    fn learn(&self, name: &str, value: &str);

    /// This came out there; `name` is the name of the place among those of its kind.
    fn see(&self, kind: PlaceKind, name: &str, content: &[u8]);
}

/// The kinds of places where text comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// A line of the host's log; the name is its category.
    Log,
    /// The status line and the headers of the handler's answer; the name is the function's.
    AnswerHead,
    /// The body of the handler's answer: outputs, logs, return value; the name is the function's.
    AnswerBody,
    /// A message that was put on a queue; the name is the queue's.
    Message,
    /// The command line of the handler; the name is the executable's.
    CommandLine,
    /// The name of a file that the handler left behind; the name is the directory's.
    FileName,
    /// What stands in a file that the handler left behind; the name is the file's.
    File,
    /// The URL of a call to Azure; the name is the operation's, here and below.
    Url,
    /// A header of a request to Azure; the name is the operation's and the header's.
    RequestHeader,
    /// The body of a request to Azure, without what its operation is there to carry.
    RequestBody,
    /// A header of an answer of Azure; the name is the operation's and the header's.
    ResponseHeader,
    /// The body of an answer of Azure, without what its operation is there to give.
    ResponseBody,
}

/// Where something came out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// Which one of that kind.
    pub name: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PlaceKind::Log => "a line of the log of",
            PlaceKind::AnswerHead => "the head of the handler's answer for",
            PlaceKind::AnswerBody => "the body of the handler's answer for",
            PlaceKind::Message => "a message on queue",
            PlaceKind::CommandLine => "the command line of",
            PlaceKind::FileName => "the name of a file in",
            PlaceKind::File => "file",
            PlaceKind::Url => "the URL of a call of",
            PlaceKind::RequestHeader => "a header of a call:",
            PlaceKind::RequestBody => "the body of a call of",
            PlaceKind::ResponseHeader => "a header of the answer to",
            PlaceKind::ResponseBody => "the body of the answer to",
        };
        write!(f, "{kind} `{}`", self.name)
    }
}
