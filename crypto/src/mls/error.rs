//! Why an MLS operation was refused. Owns the two error types of `mls`. Texts hold no ids and no keys.

/// Why a group operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MlsError {
    /// The bytes are no message of the kind asked for, or bytes follow it.
    #[error("malformed MLS message")]
    Malformed,
    /// A message, welcome, tree or policy is larger than we accept.
    #[error("MLS message or tree is too large")]
    TooLarge,
    /// Another suite than 0x0003 or another protocol version than MLS 1.0.
    #[error("unsupported MLS suite or version")]
    Suite,
    /// The group id is not 32 bytes, or not the id of this conversation.
    #[error("wrong MLS group id")]
    GroupId,
    /// The policy extension is missing, or other extensions than ours are present.
    #[error("wrong group context extensions")]
    Extensions,
    /// A leaf has a credential of another type or form than ours.
    #[error("wrong leaf credential")]
    Credential,
    /// An HPKE public key has a wrong length.
    #[error("public key of wrong length")]
    KeyLength,
    /// Two leaves share a signature key.
    #[error("leaf signature key used twice")]
    DuplicateKey,
    /// The message belongs to another epoch than this state.
    #[error("message of another epoch")]
    WrongEpoch,
    /// A private message of our own leaf; it can't be decrypted by its sender.
    #[error("own message")]
    OwnMessage,
    /// The key of this message was used before: a replay.
    #[error("message was decrypted before")]
    Replayed,
    /// The message lies too far behind or ahead in its sender's ratchet.
    #[error("message outside the ratchet window")]
    OutsideWindow,
    /// The ciphertext doesn't open, or its signature, tag or form is wrong.
    #[error("message failed verification")]
    Undecryptable,
    /// The message is of another kind than this operation takes.
    #[error("message of another kind")]
    WrongKind,
    /// We are no longer a member at this state.
    #[error("not a member any more")]
    Inactive,
    /// The plan of a commit names an unknown leaf, our own leaf, more than one leaver, or one key package twice.
    #[error("impossible commit plan")]
    Plan,
    /// A commit or proposal breaks the rules of MLS. The text is openmls's reason.
    #[error("invalid commit or proposal: {0}")]
    Invalid(String),
    /// A welcome breaks the rules of MLS. The text is openmls's reason.
    #[error("invalid welcome: {0}")]
    Welcome(String),
    /// None of the given key package rows belongs to this welcome.
    #[error("welcome is for another key package")]
    NoKeyPackage,
    /// The rows don't hold a complete group.
    #[error("group rows are incomplete or damaged")]
    Rows,
    /// openmls failed where it should not.
    #[error("MLS library failure: {0}")]
    Library(String),
}

/// Why a key package was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPackageError {
    /// Not a signed key package, or bytes follow it.
    #[error("malformed key package")]
    Malformed,
    /// Another suite than 0x0003.
    #[error("key package of another suite")]
    Suite,
    /// The MLS signatures or fields are wrong.
    #[error("invalid key package")]
    Invalid,
    /// An HPKE public key is not 32 bytes.
    #[error("public key of wrong length")]
    KeyLength,
    /// The lifetime is not the one all our packages carry (0 to the end of time, DECISIONS 11).
    #[error("key package of another lifetime form")]
    Lifetime,
    /// The capabilities lack our credential, extension or self-removal.
    #[error("key package lacks a capability")]
    Capabilities,
    /// The leaf credential has a wrong type, form, account or signature.
    #[error("wrong credential in key package")]
    Credential,
    /// The device is not in the identity log.
    #[error("unknown device")]
    UnknownDevice,
    /// The device's signature over the package is wrong.
    #[error("wrong device signature on key package")]
    Signature,
    /// The leaf signature key equals the device key.
    #[error("leaf key equals device key")]
    LeafKeyIsDeviceKey,
    /// openmls failed where it should not.
    #[error("MLS library failure")]
    Library,
}
