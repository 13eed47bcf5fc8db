//! Why a token cannot be traced to a key. No text here quotes a token.

use time::Date;

/// Why a token cannot be traced to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untraceable {
    /// A value that is not percent-encoded text.
    #[error("its token is not in percent-encoding")]
    Malformed,
    /// A parameter that stands there twice, so that nobody knows which of them counts.
    #[error("its token has `{0}` twice")]
    Repeated(&'static str),
    /// A parameter without which there is nothing to compute.
    #[error("its token has no `{0}`")]
    Missing(&'static str),
    /// A signature that is none.
    #[error("`sig` of its token is no signature")]
    NoSignature,
    /// A version that is no date.
    #[error("`sv` of its token is no version")]
    NoVersion,
    /// A version that signs other fields in other places.
    #[error("its token is of version {0}, and before 2015-04-05 another form was signed")]
    TooOld(Date),
    /// Neither key signed the newest form that is known, but the version is newer than that.
    #[error("its token is of version {0}, which is newer than any that is known here")]
    TooNew(Date),
    /// It has some fields of a user delegation SAS.
    #[error("its token has some, but not all parameters of a user delegation")]
    HalfDelegated,
    /// It is neither an account SAS nor a service SAS for blobs or files.
    #[error("its token is neither for an account (`ss` and `srt`) nor for a container or a share (`sr`)")]
    NeitherAccountNorService,
    /// It is for something below a container or a share.
    #[error("its token is for one blob, file or directory (`sr={0}`), whose path is not known")]
    BelowContainer(&'static str),
    /// It is for a resource of a kind that is not known.
    #[error("`sr` of its token is none that is known here")]
    UnknownResource,
    /// It is for a container, but not used for one that is known.
    #[error("its token is for a container, and for which is not known")]
    NoContainer,
    /// It is for a share, but not used for one that is known.
    #[error("its token is for a file share, and for which is not known")]
    NoShare,
}
