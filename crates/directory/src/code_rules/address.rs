//! Web addresses in scanned texts, read so strictly that no reader can see another host in them.
//!
//! Browsers and libraries disagree about user names, backslashes, line breaks, percent signs and
//! dots at the end of hosts, and quishing lives on that. Whatever has one of these is not a web
//! address here, and so no rule takes it. Source: failure catalogue E7; RFC 3986, RFC 1123.

use super::CodeMatchFault;

/// Longest host, RFC 1035.
const MAX_HOST: usize = 253;
/// Longest part of a host between two dots, RFC 1035.
const MAX_LABEL: usize = 63;
/// Hosts that are this machine: only there is plain `http` taken, for demonstrations.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A web address, in the letters in which it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    is_secure: bool,
    pub host: &'a str,
    port: Option<&'a str>,
    /// Empty, or beginning with `/`, `?` or `#`.
    pub rest: &'a str,
}

impl<'a> Address<'a> {
    /// `None`: not a web address, or one that is not taken.
    pub fn read(text: &'a str) -> Option<Address<'a>> {
        let (is_secure, after) = match (strip(text, "https://"), strip(text, "http://")) {
            (Some(after), _) => (true, after),
            (None, Some(after)) => (false, after),
            (None, None) => return None,
        };
        if !text.chars().all(is_address_character) {
            return None;
        }
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        // A port has no bracket; the colons of `[::1]` are inside of one.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_port_fine = match (is_secure, port) {
            (_, None) => true,
            (true, Some(port)) => port == "443",
            (false, Some(port)) => is_port(port),
        };
        let is_host_fine = if is_secure { is_host(host) } else { is_loopback(host) };
        (is_port_fine && is_host_fine).then_some(Address { is_secure, host, port, rest })
    }

    /// Is the port written although it is the default?
    pub fn has_default_port(&self) -> bool {
        self.is_secure && self.port.is_some()
    }

    /// Scheme, host and port, as long as they are not the default, in small letters.
    pub fn origin(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        let host = self.host.to_ascii_lowercase();
        match self.port {
            Some(port) if !self.is_secure => format!("{scheme}://{host}:{port}"),
            Some(_) | None => format!("{scheme}://{host}"),
        }
    }
}

/// Does it begin as an address does, however it goes on?
pub(super) fn looks_like_address(text: &str) -> bool {
    strip(text, "http:").or_else(|| strip(text, "https:")).is_some()
}

/// May this stand in an address? Printable ASCII without the space and the backslash.
pub(super) fn is_address_character(c: char) -> bool {
    c.is_ascii_graphic() && c != '\\'
}

/// What follows this beginning, in letters of either size.
fn strip<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, after) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(after)
}

fn is_port(text: &str) -> bool {
    let is_number = !text.starts_with('0') && text.bytes().all(|c| c.is_ascii_digit());
    is_number && text.parse::<u16>().is_ok()
}

fn is_loopback(host: &str) -> bool {
    LOOPBACK.iter().any(|own| own.eq_ignore_ascii_case(host))
}

/// Labels of letters, digits and inner hyphens. Names in other scripts come as punycode.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    is_loopback(host) || (host.len() <= MAX_HOST && host.split('.').all(is_label))
}

/// The hosts that a rule names: one, or all below one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hosts {
    /// In small letters, without the leading `*.`.
    pub name: String,
    /// Then the name itself is not among them.
    pub is_below: bool,
}

impl Hosts {
    /// Reads `pay.example` or `*.pay.example`.
    ///
    /// Errors: no host; or a star over a single label, which would own a top-level domain, or over
    /// a number, which has no names below it.
    pub fn read(text: &str) -> Result<Hosts, CodeMatchFault> {
        let (name, is_below) = split_star(text);
        let hosts = Hosts { name: name.to_ascii_lowercase(), is_below };
        let last = name.rsplit_once('.').map(|(_, last)| last);
        let is_domain = last.is_some_and(|it| it.bytes().any(|c| c.is_ascii_alphabetic()));
        let is_fine = is_host(name) && is_host(&hosts.example()) && (is_domain || !is_below);
        if is_fine { Ok(hosts) } else { Err(CodeMatchFault::BadHost) }
    }

    /// Is this host among them?
    pub fn own(&self, host: &str) -> bool {
        is_named(&self.name, self.is_below, host)
    }

    /// An address of a host that both name; `None` when there is none.
    pub fn overlap(&self, other: &Hosts) -> Option<String> {
        let (one, two) = (self.example(), other.example());
        let host = match (self.own(&two), other.own(&one)) {
            (true, _) => two,
            (false, true) => one,
            (false, false) => return None,
        };
        Some(format!("https://{host}/"))
    }

    /// A host among them.
    pub fn example(&self) -> String {
        if self.is_below { format!("x.{}", self.name) } else { self.name.clone() }
    }
}

fn split_star(rule: &str) -> (&str, bool) {
    rule.strip_prefix("*.").map_or((rule, false), |name| (name, true))
}

fn is_named(name: &str, is_below: bool, host: &str) -> bool {
    if !is_below {
        return name.eq_ignore_ascii_case(host);
    }
    let at = host.len().checked_sub(name.len());
    let parts = at.and_then(|at| host.split_at_checked(at));
    // No label of a host is empty, so something stands before the dot.
    parts.is_some_and(|(below, end)| below.ends_with('.') && end.eq_ignore_ascii_case(name))
}

/// Does a rule's text, `pay.example` or `*.pay.example`, name this host?
pub(super) fn takes_host(rule: &str, host: &str) -> bool {
    let (name, is_below) = split_star(rule);
    is_named(name, is_below, host)
}
