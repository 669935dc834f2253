//! Whom a client believes: authorities, and their verdict about a chain of certificates.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::{CertificateError, Error as TlsError, RootCertStore};

use crate::error::Error;
use crate::offer::Offer;

/// Certificates of authorities, and their lists of what they have revoked.
#[derive(Debug, Clone)]
pub struct Authorities {
    verifier: Arc<WebPkiServerVerifier>,
}

/// Why a chain is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distrust {
    /// The reason, to be matched on.
    pub reason: Reason,
    /// What the library says of it.
    pub details: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A certificate is too old,
    Expired,
    /// or too new.
    NotYetValid,
    /// The authority is not one of those.
    UnknownIssuer,
    /// It belongs to another host. Everything else about it is right.
    Name,
    /// Its authority has revoked it.
    Revoked,
    /// A signature is wrong.
    Signature,
    /// It may not be used for servers.
    Purpose,
    /// It is none, or not of the kind that can be judged here.
    Unusable,
}

impl Authorities {
    /// Believes these certificates, in DER. A single one that cannot be read is an error.
    pub fn new(certificates: &[&[u8]], revoked: &[&[u8]]) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(CertificateDer::from(*certificate)).map_err(|why| {
                Error::misuse(format!("a certificate of an authority that cannot be used: {why}"))
            })?;
        }
        let lists = revoked.iter().map(|list| CertificateRevocationListDer::from(list.to_vec()));
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Offer::default().provider)
                .with_crls(lists)
                // A list speaks about what is on it. Most authorities of SPICE hosts have none.
                .allow_unknown_revocation_status()
                .build()
                .map_err(|why| Error::misuse(format!("authorities that cannot be used: {why}")))?;
        Ok(Self { verifier })
    }

    /// Says whether these certificates, the server's own first, lead to an authority, and whether the server is called `name`.
    ///
    /// `now` is the time in seconds since 1970. The rules are those of today's browsers: names stand in the subject's
    /// alternative names, certificates have version 3, keys and signatures are strong.
    pub fn judge(&self, certificates: &[&[u8]], name: &str, now: u64) -> Result<(), Distrust> {
        let Some((own, others)) = certificates.split_first() else {
            return Err(Distrust { reason: Reason::Unusable, details: "no certificate".into() });
        };
        let others: Vec<_> = others.iter().map(|certificate| CertificateDer::from(*certificate)).collect();
        // What is no name at all is nobody's: no certificate has it.
        let name = ServerName::try_from(name.to_owned())
            .or_else(|_| ServerName::try_from("nobody.invalid".to_owned()))
            .map_err(|why| Distrust { reason: Reason::Name, details: why.to_string() })?;
        let now = UnixTime::since_unix_epoch(core::time::Duration::from_secs(now));
        match self.verifier.verify_server_cert(&CertificateDer::from(*own), &others, &name, &[], now) {
            Ok(_) => Ok(()),
            Err(TlsError::InvalidCertificate(error)) => Err(distrust(&error)),
            Err(error) => Err(Distrust { reason: Reason::Unusable, details: error.to_string() }),
        }
    }
}

fn distrust(error: &CertificateError) -> Distrust {
    use CertificateError as Why;
    let reason = match error {
        Why::Expired | Why::ExpiredContext { .. } => Reason::Expired,
        Why::NotValidYet | Why::NotValidYetContext { .. } => Reason::NotYetValid,
        Why::UnknownIssuer => Reason::UnknownIssuer,
        Why::NotValidForName | Why::NotValidForNameContext { .. } => Reason::Name,
        Why::Revoked => Reason::Revoked,
        Why::BadSignature
        | Why::UnsupportedSignatureAlgorithmContext { .. }
        | Why::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Reason::Signature,
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => Reason::Purpose,
        _ => Reason::Unusable,
    };
    Distrust { reason, details: error.to_string() }
}
