//! `dhow qr`: reads codes that were scanned; makes codes.

use crate::qr_make::{self, Make};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use wire::scanned::Scanned;

#[derive(Debug, Subcommand)]
pub enum QrCommand {
    /// Say what a scanned text is, who is paid, and what is wrong with it.
    Decode(Decode),
    /// Make a code that a merchant shows, or draw any text, as text, SVG, PNG or in the terminal.
    Make(Box<Make>),
}

#[derive(Debug, Args)]
pub struct Decode {
    /// The text, as a scanner gives it.
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl")]
    payload: Option<String>,
    /// Read lines `{"payload": "..."}` from the standard input and write one JSON object for each.
    #[arg(long)]
    jsonl: bool,
}

pub fn run(command: QrCommand, json: bool) -> Result<()> {
    match command {
        QrCommand::Decode(it) => decode(&it, json),
        QrCommand::Make(it) => qr_make::run(&it, json),
    }
}

fn decode(it: &Decode, json: bool) -> Result<()> {
    if it.jsonl {
        let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
        return decode_lines(input, std::io::BufWriter::new(output));
    }
    let scanned = Scanned::read(it.payload.as_deref().unwrap_or_default());
    let value = serde_json::to_value(&scanned)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&value)?);
    } else if scanned.valid {
        print!("{}", story(&value));
    }
    match scanned.error {
        Some(error) if !json => bail!("{error}"),
        _ => Ok(()),
    }
}

/// One object for each line; a line that cannot be read is told as one that is not valid.
fn decode_lines(input: impl BufRead, mut output: impl Write) -> Result<()> {
    for line in input.split(b'\n') {
        let line = line.context("cannot read the standard input")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read: Result<Value, _> = serde_json::from_slice(&line);
        let payload = read.as_ref().ok().and_then(|line| line.get("payload")?.as_str());
        let told = match payload {
            Some(payload) => serde_json::to_value(Scanned::read(payload))?,
            None => {
                let error = "the line is not a JSON object with a text `payload`";
                json!({"valid": false, "error": error, "warnings": []})
            }
        };
        serde_json::to_writer(&mut output, &told)?;
        output.write_all(b"\n")?;
    }
    output.flush().context("cannot write to the standard output")
}

/// The content for people: one line for each thing that the code says.
fn story(value: &Value) -> String {
    let mut lines = String::new();
    let object = value.as_object().into_iter().flatten();
    for (name, value) in object.filter(|(name, value)| *name != "valid" && !is_empty(value)) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.push_str(&format!("{name:<26} {text}\n"));
    }
    lines
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIX: &str = "00020101021126370014BR.GOV.BCB.PIX0115abc@example.com5204000053039865406123.\
                       455802BR5907MATHEUS6008SAOPAULO61081234567862100506abc1236304E2F7";

    #[test]
    fn a_line_for_a_line_whatever_it_holds() {
        let input = format!("{{\"payload\":\"{PIX}\"}}\n\nnonsense\n{{\"payload\":7}}\n\u{fffd}\n");
        let mut output = Vec::new();
        decode_lines(input.as_bytes(), &mut output).unwrap();
        let lines: Vec<Value> = String::from_utf8(output)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0]["amount_minor"], 12_345);
        assert!(lines[1..].iter().all(|line| line["valid"] == false && line["error"].is_string()));
    }

    #[test]
    fn people_read_what_is_there() {
        let story = story(&serde_json::to_value(Scanned::read(PIX)).unwrap());
        assert!(story.contains("merchant_name              MATHEUS\n"), "{story}");
        assert!(!story.contains("language"), "{story}");
    }
}
