//! The table by which scanned texts are recognised.

use super::Shared;
use super::directory::{by_code, change};
use super::error::Failure;
use super::extract::Json;
use super::model::read_text;
use super::tokens::{Asker, Role};
use axum::extract::State;
use axum::http::StatusCode;
use directory::{CodeAction, CodeMatch, CodeRule, CodeRules, EmvGuid, EmvMember};
use ids::{ParticipantId, Partition};
use network::Change;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The whole table.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CodeRulesBody {
    /// Up to 16 characters; another one for each other table.
    #[schema(example = "2026-11-23")]
    pub version: String,
    pub rules: Vec<CodeRuleBody>,
}

/// One line of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CodeRuleBody {
    pub id: String,
    /// `PREFIX`, `PATTERN`, `HOST` or `EMV_GUID`.
    #[schema(example = "EMV_GUID")]
    pub match_type: String,
    /// In a pattern `#` is one digit, `?` one character, a `*` at the end any rest.
    #[schema(example = "A0000006150001")]
    pub match_value: String,
    /// Of an EMV template: the object, 1 to 99, that has to begin with `objectPrefix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_prefix: Option<String>,
    /// Code of the acquirer whose codes they are.
    #[schema(example = "A-JP")]
    pub acquirer: String,
    /// `DECODE` or `OPEN_URL`.
    pub action: String,
}

impl CodeRuleBody {
    fn of(rule: &CodeRule, acquirer: String) -> CodeRuleBody {
        let (match_type, match_value, member) = match &rule.matches {
            CodeMatch::Prefix(text) => ("PREFIX", text.to_string(), None),
            CodeMatch::Pattern(text) => ("PATTERN", text.to_string(), None),
            CodeMatch::Host(text) => ("HOST", text.to_string(), None),
            CodeMatch::EmvGuid(emv) => ("EMV_GUID", emv.guid.to_string(), emv.member.as_ref()),
        };
        CodeRuleBody {
            id: rule.id.to_string(),
            match_type: match_type.to_owned(),
            match_value,
            object_id: member.map(|member| member.inner_tag),
            object_prefix: member.map(|member| member.value_prefix.to_string()),
            acquirer,
            action: rule.action.as_str().to_owned(),
        }
    }

    fn read(&self, at: usize, acquirer: ParticipantId) -> Result<CodeRule, Failure> {
        let field = |name: &str| format!("rules[{at}].{name}");
        let text = || read_text(&self.match_value, &field("matchValue"));
        let matches = match self.match_type.as_str() {
            "PREFIX" => CodeMatch::Prefix(text()?),
            "PATTERN" => CodeMatch::Pattern(text()?),
            "HOST" => CodeMatch::Host(text()?),
            "EMV_GUID" => CodeMatch::EmvGuid(self.read_emv(&field)?),
            _ => {
                let field = field("matchType");
                let message = format!("{field}: give PREFIX, PATTERN, HOST or EMV_GUID");
                return Err(Failure::illegal(message));
            }
        };
        let action = match self.action.as_str() {
            "DECODE" => CodeAction::Decode,
            "OPEN_URL" => CodeAction::OpenUrl,
            _ => {
                let message = format!("{}: give DECODE or OPEN_URL", field("action"));
                return Err(Failure::illegal(message));
            }
        };
        Ok(CodeRule { id: read_text(&self.id, &field("id"))?, matches, acquirer, action })
    }

    fn read_emv(&self, field: &dyn Fn(&str) -> String) -> Result<EmvGuid, Failure> {
        let member = match (self.object_id, &self.object_prefix) {
            (None, None) => None,
            (Some(inner_tag), Some(prefix)) => {
                let value_prefix = read_text(prefix, &field("objectPrefix"))?;
                Some(EmvMember { inner_tag, value_prefix })
            }
            _ => {
                let message = format!("{}: goes with objectPrefix", field("objectId"));
                return Err(Failure::illegal(message));
            }
        };
        Ok(EmvGuid { guid: read_text(&self.match_value, &field("matchValue"))?, member })
    }
}

/// Shows the table.
#[utoipa::path(
    get, path = "/v1/code-rules", tag = "codes",
    responses((status = 200, body = CodeRulesBody))
)]
pub async fn show(State(ops): State<Shared>, _: Asker) -> Result<Json<CodeRulesBody>, Failure> {
    let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.directory().code_rules().clone()
    };
    let table = ops.partitions.read(Partition(0), ask).await?;
    let code_of = |id: ParticipantId| {
        let partner = ops.directory.partner(id);
        partner.map_or_else(|| id.0.to_string(), |it| it.participant.code.to_string())
    };
    let rules = table.rules.iter().map(|rule| CodeRuleBody::of(rule, code_of(rule.acquirer)));
    Ok(Json(CodeRulesBody { version: table.version.to_string(), rules: rules.collect() }))
}

/// Puts a whole table in the place of the present one. One that could lead a text to two places is
/// refused, with both rules and such a text named.
#[utoipa::path(
    put, path = "/v1/code-rules", tag = "codes", request_body = CodeRulesBody,
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn replace(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<CodeRulesBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let mut rules = Vec::new();
    for (at, rule) in body.rules.iter().enumerate() {
        let acquirer: Arc<_> = by_code(&ops, &rule.acquirer).await?;
        rules.push(rule.read(at, acquirer.id)?);
    }
    let table = CodeRules { version: read_text(&body.version, "version")?, rules };
    let own = [ops.links.order_prefix(), ops.links.entry_prefix()];
    let own: Vec<CodeMatch> =
        own.iter().filter_map(|text| base::Text::new(text).ok().map(CodeMatch::Prefix)).collect();
    table.check(&own).map_err(|conflict| Failure::illegal(conflict.to_string()))?;
    change(&ops, by, Change::SetCodeRules(Box::new(table))).await
}
