//! What a server shows of itself, and its connections.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, UnbufferedServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::client::NoTime;
use crate::error::Error;
use crate::offer::Offer;

/// A certificate with its key, and what the server offers with it.
#[derive(Debug, Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
}

impl Identity {
    /// An identity of a certificate (the server's own, then those on the way to an authority) and its private key, all in DER.
    ///
    /// Whether both belong together is not looked at: certificates of version 1 cannot be read here, and may be used all the same.
    pub fn new(certificates: Vec<Vec<u8>>, key: Vec<u8>, offer: &Offer) -> Result<Self, Error> {
        if certificates.is_empty() {
            return Err(Error::misuse("a server needs a certificate"));
        }
        let key =
            PrivateKeyDer::try_from(key).map_err(|why| Error::misuse(format!("no private key: {why}")))?;
        let key = offer.provider.key_provider.load_private_key(key).map_err(|why| {
            Error::misuse(format!(
                "a key that cannot be used; take RSA of 2048 bits or more, P-256, P-384 or Ed25519: {why}"
            ))
        })?;
        let chain = certificates.into_iter().map(CertificateDer::from).collect();
        let mut config = ServerConfig::builder_with_details(offer.provider.clone(), Arc::new(NoTime))
            .with_protocol_versions(&offer.versions)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))));
        // Clients come for a few channels and stay: nothing is gained by remembering them.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config) })
    }

    pub(crate) fn accept(&self) -> Result<UnbufferedServerConnection, Error> {
        Ok(UnbufferedServerConnection::new(self.config.clone())?)
    }
}
