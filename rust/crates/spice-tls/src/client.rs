//! A client's connection: it offers itself to any server, and remembers what that has shown.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, PeerMisbehaved, SignatureScheme};

use crate::error::Error;
use crate::offer::Offer;

/// What a server has shown of itself. Neither part says anything without the other being looked at.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    /// The server's certificate, then those that it offers on the way to an authority; each as it came, unread.
    pub certificates: Vec<Vec<u8>>,
    /// What the key of the first certificate has signed, if the server owns it: the conversation so far.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// How it was made: a number of the standard's list of signature schemes.
    pub scheme: u16,
}

/// Makes a client's connection, and what will hold the server's words.
///
/// `name` is told to the server if it is a host's name; an address is not, nor anything else.
pub(crate) fn connect(
    offer: &Offer,
    name: Option<&str>,
) -> Result<(UnbufferedClientConnection, Arc<Recorder>), Error> {
    let recorder = Arc::new(Recorder::default());
    let mut config = ClientConfig::builder_with_details(offer.provider.clone(), Arc::new(NoTime))
        .with_protocol_versions(&offer.versions)?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    // Each connection shows its certificate: what was trusted once need not be what is trusted now.
    config.resumption = Resumption::disabled();
    let told = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
    config.enable_sni = matches!(told, Some(ServerName::DnsName(_)));
    let nobody = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4])));
    let connection = UnbufferedClientConnection::new(Arc::new(config), told.unwrap_or(nobody))?;
    Ok((connection, recorder))
}

/// Notes what the server shows, and leaves it to the pipe's owner to decide.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    presented: Mutex<Presented>,
}

impl Recorder {
    /// What has been shown; None while something of it is missing.
    pub(crate) fn presented(&self) -> Option<Presented> {
        let presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        let complete = !presented.certificates.is_empty() && !presented.signature.is_empty();
        complete.then(|| presented.clone())
    }

    fn note(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if !SCHEMES.contains(&signed.scheme) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        let mut presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        presented.message = message.to_vec();
        presented.signature = signed.signature().to_vec();
        presented.scheme = signed.scheme.into();
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let mut presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        presented.certificates = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.to_vec())
            .collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        _certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.note(message, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        _certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if PKCS1.contains(&signed.scheme) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        self.note(message, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

/// What the owner of a pipe has to be able to check.
const SCHEMES: [SignatureScheme; 10] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    PKCS1[0],
    PKCS1[1],
    PKCS1[2],
];

/// Those that TLS 1.3 does not take for handshakes any more.
const PKCS1: [SignatureScheme; 3] =
    [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::RSA_PKCS1_SHA384, SignatureScheme::RSA_PKCS1_SHA512];

/// A clock that stands still. Nothing here depends on the time: no session is resumed, and certificates are judged elsewhere.
#[derive(Debug)]
pub(crate) struct NoTime;

impl TimeProvider for NoTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(core::time::Duration::ZERO))
    }
}
