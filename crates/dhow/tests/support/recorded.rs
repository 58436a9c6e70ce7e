//! Requests that official clients sent, byte for byte, signed again with a key of this network's
//! acquirer: head, spelling and body are theirs.

use super::over_http::OverHttp;
use engine::Clock;
use std::io::{Read, Write};
use std::net::TcpStream;
use wire::{Api, Datetime, ResultOnly, SignatureHeader, SignedMessage, signed_path};

#[derive(serde::Deserialize)]
struct Recorded {
    head: String,
    body: String,
}

const CLIENT: &str = "CLIENT-A-JP";

/// Sends every recorded request that is signed; interface and result code of each answer. `None`
/// when the recording is not on this machine.
pub fn replay(world: &OverHttp) -> Option<Vec<(Option<Api>, String)>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let text = std::fs::read_to_string(format!("{root}/ant_client_requests.jsonl")).ok()?;
    let mut answers = Vec::new();
    for line in text.lines() {
        let request: Recorded = serde_json::from_str(line).expect("a recorded request per line");
        let target = request.head.split(' ').nth(1).expect("a request line has a target");
        let path = signed_path(target).to_owned();
        let is_signed = request.head.to_ascii_lowercase().contains("\r\nsignature:");
        if path.starts_with("/aps/") && is_signed {
            let code = send(world, &request, &path);
            answers.push((Api::from_path(&path), code.unwrap_or_else(|error| error)));
        }
    }
    Some(answers)
}

fn send(world: &OverHttp, request: &Recorded, path: &str) -> Result<String, String> {
    let time = Datetime::utc(world.clock.now()).to_string();
    let message = SignedMessage::new(path, CLIENT, &time, request.body.as_bytes());
    let message = message.map_err(|error| error.to_string())?;
    let signature = SignatureHeader::sign(world.courier.key(1), 1, &message).to_string();
    let line = |line: &str| match line.split_once(':') {
        Some((name, _)) if name.eq_ignore_ascii_case("signature") => {
            format!("{name}: {signature}\r\n")
        }
        Some((name, _)) if name.eq_ignore_ascii_case("client-id") => {
            format!("{name}: {CLIENT}\r\n")
        }
        Some((name, _)) if name.eq_ignore_ascii_case("request-time") => {
            format!("{name}: {time}\r\n")
        }
        Some((name, _)) if name.eq_ignore_ascii_case("connection") => {
            format!("{name}: close\r\n")
        }
        _ => format!("{line}\r\n"),
    };
    let head: String = request.head.trim_end().lines().map(line).collect();
    let mut stream = TcpStream::connect(world.net().address).map_err(|error| error.to_string())?;
    let bytes = format!("{head}\r\n{}", request.body);
    stream.write_all(bytes.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer has no head")?;
    check(world, (head, body), path)?;
    let answer: ResultOnly = wire::parse(body.as_bytes()).map_err(|error| error.to_string())?;
    Ok(answer.result.result_code.as_str().to_owned())
}

/// The answer is one that the official clients take: HTTP 200, signed over its raw bytes.
fn check(world: &OverHttp, (head, body): (&str, &str), path: &str) -> Result<(), String> {
    if !head.starts_with("HTTP/1.1 200") {
        return Err(head.lines().next().unwrap_or_default().to_owned());
    }
    let header = |name: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.ok_or_else(|| format!("the answer has no {name}"))
    };
    let message =
        SignedMessage::new(path, header("client-id")?, header("response-time")?, body.as_bytes());
    let signature = SignatureHeader::parse(header("signature")?);
    let signature = signature.map_err(|error| error.to_string())?;
    let message = message.map_err(|error| error.to_string())?;
    signature.verify(world.courier.network(), &message).map_err(|error| error.to_string())
}
