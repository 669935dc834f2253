//! What this end offers: versions and ciphers.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion};

use crate::error::Error;

/// Versions and ciphers of one end.
#[derive(Debug, Clone)]
pub struct Offer {
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
}

impl Default for Offer {
    fn default() -> Self {
        Self { provider: Arc::new(ring::default_provider()), versions: vec![&TLS13, &TLS12] }
    }
}

impl Offer {
    /// Only these versions (`1.2`, `1.3`) and ciphers, by their names in the standards or in OpenSSL; all of a list that is empty.
    pub fn only<'a>(
        versions: impl IntoIterator<Item = &'a str>,
        ciphers: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Error> {
        let mut offer = Self::default();
        let versions = versions.into_iter().map(version).collect::<Result<Vec<_>, _>>()?;
        if !versions.is_empty() {
            offer.versions = versions;
        }
        let suites = ciphers.into_iter().map(cipher).collect::<Result<Vec<_>, _>>()?;
        if !suites.is_empty() {
            let provider = CryptoProvider { cipher_suites: suites, ..ring::default_provider() };
            offer.provider = Arc::new(provider);
        }
        offer.check()?;
        Ok(offer)
    }

    fn check(&self) -> Result<(), Error> {
        let suites = &self.provider.cipher_suites;
        match self.versions.iter().find(|wanted| !suites.iter().any(|suite| suite.version() == **wanted)) {
            Some(bare) => Err(Error::misuse(format!("no cipher is left for TLS {}", number(bare)))),
            None => Ok(()),
        }
    }
}

/// The name of a cipher in the standards, as `TLS_AES_256_GCM_SHA384`.
pub(crate) fn name(suite: CipherSuite) -> String {
    let name = suite.as_str().map_or_else(|| format!("{suite:?}"), str::to_owned);
    name.replace("TLS13_", "TLS_")
}

/// Bits of a cipher's key.
pub(crate) fn bits(suite: CipherSuite) -> u16 {
    if name(suite).contains("AES_128") { 128 } else { 256 }
}

fn version(name: &str) -> Result<&'static SupportedProtocolVersion, Error> {
    match name {
        "1.2" => Ok(&TLS12),
        "1.3" => Ok(&TLS13),
        _ => Err(Error::misuse(format!("no version of TLS: {name:?}; there are 1.2 and 1.3"))),
    }
}

fn number(version: &SupportedProtocolVersion) -> &'static str {
    if version == &TLS12 { "1.2" } else { "1.3" }
}

fn cipher(wanted: &str) -> Result<SupportedCipherSuite, Error> {
    let known = ring::ALL_CIPHER_SUITES;
    let found = known.iter().find(|suite| {
        let name = name(suite.suite());
        name.eq_ignore_ascii_case(wanted) || openssl_name(&name).eq_ignore_ascii_case(wanted)
    });
    found.copied().ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|suite| name(suite.suite())).collect();
        Error::misuse(format!("no cipher that this side has: {wanted:?}; there are {}", names.join(", ")))
    })
}

/// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` as OpenSSL writes it: `ECDHE-RSA-AES128-GCM-SHA256`. Those of TLS 1.3 have one name.
fn openssl_name(name: &str) -> String {
    match name.strip_prefix("TLS_").filter(|rest| rest.contains("_WITH_")) {
        None => name.to_owned(),
        Some(rest) => rest
            .replace("_WITH_", "_")
            .replace("AES_", "AES")
            .replace("POLY1305_SHA256", "POLY1305")
            .replace('_', "-"),
    }
}
