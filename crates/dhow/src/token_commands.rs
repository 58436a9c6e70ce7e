//! Tokens of the operations API: add, list, remove. They work on the file in the data directory,
//! which a running network reads again when it has changed.

use crate::node::{new_token, replace_secret};
use anyhow::{Context, Result, bail};
use api::ops::{Role, Token, read_tokens};
use base::Text;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print its secret, once.
    Add {
        /// Stands in the log beside everything done with the token.
        name: String,
        /// viewer (sees), operator (merchants, rates, suspensions) or admin (everything).
        #[arg(long)]
        role: String,
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
    /// List names and roles.
    List {
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
    /// Take a token away, effective at once.
    Remove {
        name: String,
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
}

fn read(data: &Path) -> Result<Vec<Token>> {
    let path = data.join("tokens");
    if !data.is_dir() {
        bail!("--data {}: no such directory; start `dhow serve` on it first", data.display());
    }
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    read_tokens(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

fn write(data: &Path, tokens: &[Token]) -> Result<()> {
    let text: String = tokens.iter().map(|token| format!("{token}\n")).collect();
    replace_secret(&data.join("tokens"), text.as_bytes())
}

pub fn run(command: TokenCommand, json: bool) -> Result<()> {
    match command {
        TokenCommand::Add { name, role, data } => {
            let mut tokens = read(&data)?;
            let role = Role::from_text(&role).context("--role: viewer, operator or admin")?;
            let name = Text::new(&name).map_err(|error| anyhow::anyhow!("name: {error}"))?;
            if tokens.iter().any(|token| token.name == name) || name.as_str() == "operator" {
                bail!("{name}: there is a token of this name; remove it first");
            }
            let secret = new_token()?;
            tokens.push(Token::new(name.clone(), role, &secret));
            write(&data, &tokens)?;
            if json {
                let told =
                    json!({ "name": name.as_str(), "role": role.to_string(), "token": secret });
                println!("{told:#}");
            } else {
                println!("{secret}");
                eprintln!("{name} is a {role}; the token is not shown again");
            }
        }
        TokenCommand::List { data } => {
            let tokens = read(&data)?;
            let line = |token: &Token| json!({ "name": token.name.as_str(), "role": token.role.to_string() });
            if json {
                println!("{:#}", tokens.iter().map(line).collect::<serde_json::Value>());
            } else {
                println!("{:<10} name", "role");
                for token in &tokens {
                    println!("{:<10} {}", token.role.to_string(), token.name);
                }
            }
        }
        TokenCommand::Remove { name, data } => {
            let mut tokens = read(&data)?;
            let before = tokens.len();
            tokens.retain(|token| token.name.as_str() != name);
            if tokens.len() == before {
                bail!("{name}: no token of this name; see `dhow token list`");
            }
            write(&data, &tokens)?;
            if json {
                println!("{:#}", json!({ "removed": name }));
            } else {
                println!("{name} is gone");
            }
        }
    }
    Ok(())
}
