//! `identifyCode` and `inquiryCodeRules`: what a scanned text is, and what to do with it.
//!
//! Order codes of this network are known by their origin and shape; everything else by the table of
//! code rules that the operator loaded.

use super::answer::{Answered, Outcome};
use super::door::Door;
use super::private_code;
use base::ResultCode;
use directory::{CodeMatch, CodeRule};
use effects::Partner;
use ids::Partition;
use wire::Text;
use wire::mpp::{
    CodeAction, CodeMatchType, CodeRule as WireRule, IdentifyCodeRequest, IdentifyCodeResponse,
    InquiryCodeRulesRequest, InquiryCodeRulesResponse,
};
use wire::parts::Id;

/// What is added to the user agent of a wallet's web container: nothing.
const NO_USER_AGENT: &str = "-";

pub(crate) async fn identify(door: &Door, _: &Partner, body: &[u8]) -> Outcome {
    let request: IdentifyCodeRequest = wire::parse(body)?;
    let scanned = request.code_value.as_str().to_owned();
    let action = if door.links.read_order_code(&scanned).is_some() {
        Some(CodeAction::Decode)
    } else if door.links.is_entry_code(&scanned) {
        Some(CodeAction::OpenUrl)
    } else {
        private_code::whose(door, &scanned).await?.map(|(acquirer, action)| match action {
            _ if private_code::asks_for_amount(&acquirer, &scanned) => CodeAction::OpenUrl,
            directory::CodeAction::Decode => CodeAction::Decode,
            directory::CodeAction::OpenUrl => CodeAction::OpenUrl,
        })
    };
    let mut response = IdentifyCodeResponse::new(ResultCode::Success.into());
    response.is_supported = Some(action.is_some());
    response.post_code_match_action_type = action;
    match action {
        Some(CodeAction::Decode) => response.code_value = Some(request.code_value),
        Some(CodeAction::OpenUrl) => {
            let page = door.links.page_of_code(&scanned);
            response.redirect_url = Text::new(&page).ok();
            response.user_agent = Text::new(NO_USER_AGENT).ok();
        }
        None => {}
    }
    Ok(Answered::new(ResultCode::Success, &response))
}

pub(crate) async fn rules(door: &Door, _: &Partner, body: &[u8]) -> Outcome {
    let _: InquiryCodeRulesRequest = wire::parse(body)?;
    let look = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.directory().code_rules().clone()
    };
    let table = door.partitions.read(Partition(0), look).await?;
    let mut response = InquiryCodeRulesResponse::new(ResultCode::Success.into());
    let mut rules = own_rules(door);
    rules.extend(table.rules.iter().filter_map(wire_rule));
    response.code_rules = Some(rules);
    response.version = Some(table.version);
    Ok(Answered::new(ResultCode::Success, &response))
}

const fn action(action: directory::CodeAction) -> CodeAction {
    match action {
        directory::CodeAction::Decode => CodeAction::Decode,
        directory::CodeAction::OpenUrl => CodeAction::OpenUrl,
    }
}

/// The network's own codes, in the table's form.
fn own_rules(door: &Door) -> Vec<WireRule> {
    let own = [
        ("dhow-order", door.links.order_prefix(), CodeAction::Decode),
        ("dhow-entry", door.links.entry_prefix(), CodeAction::OpenUrl),
    ];
    let rules = own.into_iter().filter_map(|(id, prefix, action)| {
        let (id, prefix) = (Id::new(id).ok()?, Text::new(&prefix).ok()?);
        Some(WireRule::new(id, CodeMatchType::Prefix, prefix, action))
    });
    rules.collect()
}

fn wire_rule(rule: &CodeRule) -> Option<WireRule> {
    let (kind, value) = match &rule.matches {
        CodeMatch::Prefix(text) => (CodeMatchType::Prefix, text.as_str()),
        CodeMatch::Pattern(text) => (CodeMatchType::Pattern, text.as_str()),
        CodeMatch::Host(text) => (CodeMatchType::Host, text.as_str()),
        CodeMatch::EmvGuid(emv) => (CodeMatchType::EmvGuid, emv.guid.as_str()),
    };
    let id = Id::new(rule.id.as_str()).ok()?;
    let mut wire = WireRule::new(id, kind, Text::new(value).ok()?, action(rule.action));
    if let CodeMatch::EmvGuid(emv) = &rule.matches
        && let Some(member) = &emv.member
    {
        wire.object_id = Text::new(&format!("{:02}", member.inner_tag)).ok();
        wire.object_prefix = Text::new(member.value_prefix.as_str()).ok();
    }
    Some(wire)
}
