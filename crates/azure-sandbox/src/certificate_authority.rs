//! A certificate authority of the sandbox's own, made at its start and trusted by nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::Duration;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::clock;

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The certificate itself.
    #[error("failed to make a certificate")]
    Make(#[from] rcgen::Error),
    /// The TLS configuration around it.
    #[error("failed to configure TLS")]
    Configure(#[from] rustls::Error),
}

pub(crate) struct CertificateAuthority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// By host name.
    configurations: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl CertificateAuthority {
    pub(crate) fn new() -> Result<Self, CertificateError> {
        let mut params = dated(CertificateParams::new(Vec::new())?);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "azure-sandbox");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, key), configurations: Mutex::default() })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS as a server of this host, made once.
    pub(crate) fn server_config(&self, host: &str) -> Result<Arc<ServerConfig>, CertificateError> {
        let mut known = self.configurations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(configuration) = known.get(host) {
            return Ok(Arc::clone(configuration));
        }
        let configuration = Arc::new(self.new_server_config(host)?);
        known.insert(host.to_owned(), Arc::clone(&configuration));
        Ok(configuration)
    }

    fn new_server_config(&self, host: &str) -> Result<ServerConfig, CertificateError> {
        let mut params = dated(CertificateParams::new(vec![host.to_owned()])?);
        params.distinguished_name.push(DnType::CommonName, host);
        // Strict verifiers want the two certificates linked.
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut configuration = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(configuration)
    }
}

/// Valid around now: verifiers refuse certificates that last for many years.
fn dated(mut params: CertificateParams) -> CertificateParams {
    let now = clock::now();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(30);
    params
}
