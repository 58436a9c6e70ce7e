//! Where a call may go: partners name URLs, and none of them may lead into the operator's own
//! network.
//!
//! A host is called when the operator wrote it down (a participant's endpoints or the allow-list),
//! or when it is loopback and loopback is allowed. Whatever a name resolves to is checked again
//! when the connection is made, so that a name cannot first look harmless and then lead elsewhere.
//! Failure catalogue C11.

use http::Uri;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::Service;

/// Which hosts may be called.
#[derive(Clone, Debug, Default)]
pub struct TargetRule {
    /// Host names or addresses, with or without a port: `wallet.example`, `10.1.2.3:8443`, in lower
    /// case.
    pub allowed_hosts: BTreeSet<String>,
    /// Loopback addresses, for demonstrations and tests.
    pub allows_loopback: bool,
    /// Names may resolve to private addresses: for networks whose members are joined by private
    /// lines.
    pub allows_private: bool,
}

/// A checked URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub uri: Uri,
    /// Path and query: what is signed.
    pub path: String,
}

/// Why a URL is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("not a URL of the form https://host/path")]
    NotAUrl,
    #[error("the scheme is neither http nor https")]
    Scheme,
    #[error("the URL has a user name")]
    UserName,
    #[error("the host is not on the allow-list")]
    Host,
}

impl Target {
    /// Reads a URL and holds it to the rule. `own` is the origin that the operator entered for the
    /// participant.
    pub fn parse(url: &str, own: Option<&str>, rule: &TargetRule) -> Result<Target, TargetError> {
        let uri: Uri = url.parse().map_err(|_| TargetError::NotAUrl)?;
        let authority = uri.authority().ok_or(TargetError::NotAUrl)?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(_) => return Err(TargetError::Scheme),
            None => return Err(TargetError::NotAUrl),
        }
        if authority.as_str().contains('@') {
            return Err(TargetError::UserName);
        }
        if !is_same_host(authority.as_str(), own) && !rule.allows(authority) {
            return Err(TargetError::Host);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_string();
        Ok(Target { uri, path })
    }
}

fn is_same_host(authority: &str, own: Option<&str>) -> bool {
    let own = own.and_then(|url| url.parse::<Uri>().ok());
    own.as_ref()
        .and_then(Uri::authority)
        .is_some_and(|own| own.as_str().eq_ignore_ascii_case(authority))
}

impl TargetRule {
    fn allows(&self, authority: &http::uri::Authority) -> bool {
        let host = authority.host().to_ascii_lowercase();
        if self.allowed_hosts.contains(&host)
            || self.allowed_hosts.contains(&authority.as_str().to_ascii_lowercase())
        {
            return true;
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = host == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.allows_loopback && is_loopback
    }

    /// May a name lead to this address?
    fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() {
            return self.allows_loopback;
        }
        let is_special = match address {
            IpAddr::V4(v4) => is_special_v4(v4),
            IpAddr::V6(v6) => is_special_v6(v6),
        };
        let is_private = match address {
            IpAddr::V4(v4) => {
                v4.is_private() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64)
            }
            IpAddr::V6(v6) => v6.segments()[0] & 0xfe00 == 0xfc00,
        };
        !is_special && (!is_private || self.allows_private)
    }
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    address.is_unspecified()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.octets()[0] == 0
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    address.is_unspecified() || address.is_multicast() || address.segments()[0] & 0xffc0 == 0xfe80
}

/// Resolves names and drops the addresses that no partner may lead us to.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    rule: std::sync::Arc<TargetRule>,
    inner: GaiResolver,
}

impl GuardedResolver {
    pub(crate) fn new(rule: std::sync::Arc<TargetRule>) -> GuardedResolver {
        GuardedResolver { rule, inner: GaiResolver::new() }
    }
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::poll_ready(&mut self.inner, context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rule = std::sync::Arc::clone(&self.rule);
        let resolving = Service::call(&mut self.inner, name);
        Box::pin(async move {
            let found = resolving.await?;
            let usable: Vec<SocketAddr> =
                found.filter(|address| rule.allows_address(address.ip())).collect();
            if usable.is_empty() {
                return Err(std::io::Error::other(
                    "the name leads to no address that may be called",
                ));
            }
            Ok(usable.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> TargetRule {
        TargetRule {
            allowed_hosts: ["shop.example", "10.1.2.3:8080"].map(String::from).into(),
            allows_loopback: false,
            allows_private: false,
        }
    }

    #[test]
    fn hosts_that_nobody_wrote_down_are_not_called() {
        for url in [
            "http://127.0.0.1/n",
            "http://[::1]/n",
            "http://localhost:80/n",
            "http://169.254.169.254/latest/meta-data",
            "http://10.1.2.3/n",
            "http://10.1.2.3:8081/n",
            "http://shop.example.evil.example/n",
            "http://0/n",
            "http://2130706433/n",
        ] {
            assert_eq!(Target::parse(url, None, &rule()), Err(TargetError::Host), "{url}");
        }
        for url in ["gopher://shop.example/n", "ftp://shop.example/n", "httpss://shop.example/n"] {
            assert_eq!(Target::parse(url, None, &rule()), Err(TargetError::Scheme), "{url}");
        }
        assert_eq!(
            Target::parse("http://shop.example@evil.example/n", None, &rule()),
            Err(TargetError::UserName)
        );
        for url in ["", "/n", "http:///n", "shop.example", "http://a b/"] {
            assert_eq!(Target::parse(url, None, &rule()), Err(TargetError::NotAUrl), "{url}");
        }
    }

    #[test]
    fn hosts_on_the_list_and_the_own_origin_are_called() {
        let target = Target::parse("http://Shop.example/n?a=1", None, &rule()).unwrap();
        assert_eq!(target.path, "/n?a=1");
        assert_eq!(Target::parse("http://10.1.2.3:8080", None, &rule()).unwrap().path, "/");
        let own = Some("http://wallet.example:99");
        assert!(Target::parse("http://wallet.example:99/v1/pay", own, &rule()).is_ok());
        assert_eq!(
            Target::parse("http://wallet.example:98/v1/pay", own, &rule()),
            Err(TargetError::Host)
        );
        let loopback = TargetRule { allows_loopback: true, ..rule() };
        for url in ["http://127.0.0.1:1/n", "http://[::1]:1/n", "http://localhost/n"] {
            assert!(Target::parse(url, None, &loopback).is_ok(), "{url}");
        }
    }

    #[test]
    fn names_do_not_lead_inside() {
        let allowed = |text: &str, rule: &TargetRule| rule.allows_address(text.parse().unwrap());
        for text in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "fe80::1",
            "224.0.0.1",
        ] {
            assert!(!allowed(text, &rule()), "{text}");
        }
        let private = TargetRule { allows_private: true, ..rule() };
        for text in ["10.0.0.1", "172.16.9.9", "192.168.1.1", "100.64.0.1", "fd00::1"] {
            assert!(!allowed(text, &rule()), "{text}");
            assert!(allowed(text, &private), "{text}");
        }
        for text in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(allowed(text, &rule()), "{text}");
        }
    }
}
