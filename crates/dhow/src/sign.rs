//! `dhow sign` and `dhow verify`: the exact text to sign, and where another text first differs from
//! it.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use wire::{SignatureHeader, SignedMessage, SigningKey, VerifyingKey};

/// The parts of a message that its signature covers.
#[derive(Debug, Args)]
pub struct Message {
    /// Path (and query) of the request, such as /aps/api/v1/payments/pay.
    #[arg(long)]
    path: String,
    #[arg(long)]
    client_id: String,
    /// The Request-Time or Response-Time header, as sent.
    #[arg(long)]
    time: String,
    /// File with the body, byte for byte.
    #[arg(long)]
    body: PathBuf,
}

impl Message {
    fn body(&self) -> Result<Vec<u8>> {
        std::fs::read(&self.body).with_context(|| format!("cannot read {}", self.body.display()))
    }
    fn signed<'a>(&'a self, body: &'a [u8]) -> Result<SignedMessage<'a>> {
        Ok(SignedMessage::new(&self.path, &self.client_id, &self.time, body)?)
    }
}

#[derive(Debug, Args)]
pub struct Sign {
    #[command(flatten)]
    message: Message,
    /// File with the private key.
    #[arg(long)]
    key: PathBuf,
    #[arg(long, default_value_t = 1)]
    key_version: u32,
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    message: Message,
    /// File with the public key.
    #[arg(long)]
    public_key: PathBuf,
    /// The Signature header, as received.
    #[arg(long)]
    signature: String,
    /// File with the text that you signed: shows the first byte that differs from what has to be
    /// signed.
    #[arg(long)]
    signed_text: Option<PathBuf>,
}

pub fn sign(it: &Sign, is_json: bool) -> Result<()> {
    let body = it.message.body()?;
    let message = it.message.signed(&body)?;
    let pem =
        std::fs::read(&it.key).with_context(|| format!("cannot read {}", it.key.display()))?;
    let key = SigningKey::parse(&pem)?;
    let header = SignatureHeader::sign(&key, it.key_version, &message).to_string();
    let text = String::from_utf8_lossy(&message.to_bytes()).into_owned();
    if is_json {
        println!("{}", json!({ "textToSign": text, "signature": header }));
    } else {
        println!("text to sign:\n{text}\n\nSignature: {header}");
    }
    Ok(())
}

pub fn verify(it: &Verify, is_json: bool) -> Result<()> {
    let body = it.message.body()?;
    let message = it.message.signed(&body)?;
    let pem = std::fs::read(&it.public_key)
        .with_context(|| format!("cannot read {}", it.public_key.display()))?;
    let key = VerifyingKey::parse(&pem)?;
    let header = SignatureHeader::parse(&it.signature)?;
    let is_valid = header.verify(&key, &message).is_ok();
    let difference = match &it.signed_text {
        Some(path) => {
            let text =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            message.explain(&text)
        }
        None => None,
    };
    let place = difference.map(|it| {
        let byte =
            |byte: Option<u8>| byte.map_or("the end".to_owned(), |byte| format!("{byte:#04x}"));
        format!(
            "byte {} (in the {}): expected {}, you signed {}",
            it.at,
            it.part,
            byte(it.expected),
            byte(it.found)
        )
    });
    let text = String::from_utf8_lossy(&message.to_bytes()).into_owned();
    if is_json {
        println!("{}", json!({ "valid": is_valid, "textToSign": text, "firstDifference": place }));
    } else {
        println!("text that has to be signed:\n{text}\n");
        if let Some(place) = &place {
            println!("first difference: {place}");
        }
        println!("signature {}", if is_valid { "fits" } else { "does NOT fit" });
    }
    if is_valid { Ok(()) } else { bail!("INVALID_SIGNATURE") }
}
