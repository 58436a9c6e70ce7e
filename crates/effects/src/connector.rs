//! Connections to partners: TCP, and TLS over it for `https`.

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore};

/// Adds TLS 1.2 and 1.3 to a connector. A server's certificate is held to those that the machine
/// trusts, or to the ones in the file that `SSL_CERT_FILE` names; when there are none, every `https`
/// call fails, and a warning says what to do.
pub(crate) fn connector<R>(mut tcp: HttpConnector<R>) -> HttpsConnector<HttpConnector<R>> {
    tcp.enforce_http(false);
    let builder = HttpsConnectorBuilder::new().with_native_roots().unwrap_or_else(|error| {
        tracing::warn!(
            %error,
            "no trusted certificates: https will not work; install the package ca-certificates, or \
             name a file in SSL_CERT_FILE"
        );
        let nobody = RootCertStore::empty();
        let config = ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth();
        HttpsConnectorBuilder::new().with_tls_config(config)
    });
    builder.https_or_http().enable_http1().wrap_connector(tcp)
}
