//! What can go wrong, in words.

use std::fmt;

use rustls::{AlertDescription, InvalidMessage, PeerMisbehaved};

/// Why a pipe, or what it is made of, does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    alert: Option<String>,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A name, a certificate or a key that cannot be used, or a call that comes too early.
    Misuse,
    /// What comes is no TLS.
    NotTls,
    /// The peer has ended the connection with an alert.
    Refused,
    /// Both ends have no version, cipher or signature in common.
    Incompatible,
    /// The peer broke the rules, or the bytes were changed on their way.
    Broken,
}

impl Error {
    /// An error of the caller's.
    pub(crate) fn misuse(what: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Misuse, what: what.into(), alert: None }
    }

    /// The peer breaks the rules.
    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Broken, what: what.into(), alert: None }
    }

    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The alert that the peer has sent, in words.
    pub fn alert(&self) -> Option<&str> {
        self.alert.as_deref()
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        use rustls::Error as Tls;
        let (kind, what) = match &error {
            Tls::AlertReceived(alert) => return refused(*alert),
            Tls::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => (ErrorKind::NotTls, "what comes is no TLS".into()),
            Tls::PeerIncompatible(why) => {
                (ErrorKind::Incompatible, format!("nothing in common: {}", words(why)))
            }
            Tls::PeerMisbehaved(PeerMisbehaved::TooManyRenegotiationRequests) => {
                (ErrorKind::Broken, "the peer insists on a second handshake".into())
            }
            Tls::PeerMisbehaved(PeerMisbehaved::ServerNameMustContainOneHostName) => {
                (ErrorKind::Broken, "the client names a host by what is no host's name (SNI)".into())
            }
            Tls::PeerMisbehaved(why) => {
                (ErrorKind::Broken, format!("the peer breaks the rules: {}", words(why)))
            }
            Tls::InvalidMessage(why) => {
                (ErrorKind::Broken, format!("a message that cannot be read: {}", words(why)))
            }
            Tls::DecryptError => (ErrorKind::Broken, "a record that was changed on its way".into()),
            _ => (ErrorKind::Broken, error.to_string()),
        };
        Self { kind, what, alert: None }
    }
}

fn refused(alert: AlertDescription) -> Error {
    let name = words(&alert);
    let kind = match alert {
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => ErrorKind::Incompatible,
        _ => ErrorKind::Refused,
    };
    Error { kind, what: format!("the peer ended the connection: {name}"), alert: Some(name) }
}

/// A name like `NoCipherSuitesInCommon` as words; abbreviations like `CA` stay together.
fn words(name: &impl fmt::Debug) -> String {
    let name = format!("{name:?}");
    let mut text = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
        before = letter;
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}
