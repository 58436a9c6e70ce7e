//! Refuses ambiguous request heads before the HTTP library sees them.
//!
//! Request smuggling lives on messages that two programs read differently. The library is lenient
//! in three places:
//! it takes a bare line feed as a line end, lets `Transfer-Encoding` silently win over
//! `Content-Length`, and takes two equal `Content-Length` headers. Here the bytes are scanned on
//! their way in, and at the first such place the stream is broken off with a NUL byte, on which the
//! library answers 400 and closes.
//!
//! Bodies of this program's callers always have a known length (they are signed), so that
//! `Transfer-Encoding` is refused altogether; that also makes the end of each body certain.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a line that are kept to recognise a header; longer lines are only counted.
const KEPT: usize = 64;

/// A connection whose heads are scanned.
pub(crate) struct HeadGuard<I> {
    inner: I,
    scan: Scan,
    is_refused: bool,
}

impl<I> HeadGuard<I> {
    pub(crate) fn new(inner: I) -> HeadGuard<I> {
        HeadGuard { inner, scan: Scan::new(), is_refused: false }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for HeadGuard<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_refused {
            // The end of the stream, as far as the library is concerned.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if let Err(at) = self.scan.feed(&buffer.filled()[before..]) {
            self.is_refused = true;
            buffer.set_filled(before + at);
            // The byte takes the place of the one that was refused.
            buffer.put_slice(b"\0");
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for HeadGuard<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, bytes)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// Where in a stream of requests the scan is.
struct Scan {
    /// Bytes of the body still to come; 0 inside a head.
    body_left: u64,
    line: Vec<u8>,
    line_bytes: usize,
    last: u8,
    has_request_line: bool,
    content_length: Option<u64>,
}

impl Scan {
    fn new() -> Scan {
        Scan {
            body_left: 0,
            line: Vec::with_capacity(KEPT),
            line_bytes: 0,
            last: 0,
            has_request_line: false,
            content_length: None,
        }
    }

    /// Takes the next bytes; the error is the place of the first byte that is refused.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.body_left > 0 {
                let here = u64::try_from(bytes.len() - at).unwrap_or(u64::MAX).min(self.body_left);
                self.body_left -= here;
                at += usize::try_from(here).unwrap_or(bytes.len());
                continue;
            }
            self.head_byte(bytes[at]).map_err(|Refused| at)?;
            at += 1;
        }
        Ok(())
    }

    fn head_byte(&mut self, byte: u8) -> Result<(), Refused> {
        let last = std::mem::replace(&mut self.last, byte);
        if byte == b'\n' {
            if last != b'\r' {
                return Err(Refused);
            }
            return self.end_line();
        }
        if last == b'\r' {
            return Err(Refused);
        }
        if byte != b'\r' {
            self.line_bytes += 1;
            if self.line.len() < KEPT {
                self.line.push(byte);
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Refused> {
        if self.line_bytes == 0 {
            // Empty lines before a request are allowed; the one behind the headers ends the head.
            if self.has_request_line {
                self.body_left = self.content_length.take().unwrap_or(0);
                self.has_request_line = false;
            }
            return Ok(());
        }
        if self.has_request_line {
            self.header()?;
        }
        self.has_request_line = true;
        self.line.clear();
        self.line_bytes = 0;
        Ok(())
    }

    fn header(&mut self) -> Result<(), Refused> {
        if matches!(self.line.first(), Some(b' ' | b'\t')) {
            return Err(Refused);
        }
        let Some(colon) = self.line.iter().position(|&byte| byte == b':') else {
            // A name longer than what is kept is none of those looked for; no colon at all is
            // malformed.
            return if self.line_bytes > KEPT { Ok(()) } else { Err(Refused) };
        };
        let name = self.line[..colon].trim_ascii().to_ascii_lowercase();
        if name == b"transfer-encoding" {
            return Err(Refused);
        }
        if name == b"content-length" {
            let value = self.line[colon + 1..].trim_ascii();
            let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            if self.content_length.is_some() || !is_digits || self.line_bytes > KEPT {
                return Err(Refused);
            }
            let text = std::str::from_utf8(value).map_err(|_| Refused)?;
            self.content_length = Some(text.parse().map_err(|_| Refused)?);
        }
        Ok(())
    }
}

/// The byte makes the stream ambiguous.
struct Refused;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_at(bytes: &[u8]) -> Option<usize> {
        let whole = Scan::new().feed(bytes).err();
        // However the bytes are cut, the same one is refused.
        let mut scan = Scan::new();
        let single = (0..bytes.len()).find(|&at| scan.feed(&bytes[at..=at]).is_err());
        assert_eq!(whole, single);
        whole
    }

    #[test]
    fn plain_requests_pass_one_after_the_other() {
        let one = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab\ncd";
        assert_eq!(refused_at(one), None);
        assert_eq!(refused_at(&[&one[..], &one[..]].concat()), None);
        assert_eq!(refused_at(b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), None);
        let long = format!("GET / HTTP/1.1\r\nSignature: {}\r\n\r\n", "a".repeat(4_000));
        assert_eq!(refused_at(long.as_bytes()), None);
    }

    #[test]
    fn ambiguous_heads_are_broken_off_before_they_end() {
        for head in [
            "POST / HTTP/1.1\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\n\n",
            "POST / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding : identity\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 0x5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
            "POST / HTTP/1.1\r\nNoColon\r\n\r\n",
        ] {
            let at = refused_at(head.as_bytes()).expect(head);
            assert!(at < head.len() - 1 || head.ends_with("\n\n"), "{head:?} was let through");
        }
    }

    #[test]
    fn a_body_is_not_a_head() {
        let body = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\n";
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(refused_at(request.as_bytes()), None);
    }
}
