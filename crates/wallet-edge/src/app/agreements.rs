//! Standing agreements: merchants abroad that may debit without asking again.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::{Part, load, page};
use super::failure::{Failure, not_found};
use super::once::Nothing;
use super::view::{AmountBody, AmountView, market, read_id, time};
use crate::Edge;
use crate::edge::digest_of;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use ids::AgreementId;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::network::NetworkCommand;
use wallet::objects::{Agreement, AgreementEnd, AgreementState, TokenDigest};
use wallet::{Command, Market, Object};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(consent))
        .routes(routes!(end))
}

/// An agreement, as its page shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AgreementView {
    id: String,
    merchant: String,
    /// The merchant's own name for it.
    reference: String,
    /// `ASKED`, `CONSENTED`, `ACTIVE`, `ENDED`.
    state: &'static str,
    /// What the merchant may do and know.
    scopes: Vec<String>,
    /// The most of one month. Absent: no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowance: Option<AmountView>,
    /// What is left of it in this month.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<AmountView>,
    /// `CUSTOMER`, `MERCHANT`, `OPERATOR`, `TIME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<&'static str>,
    /// The customer has to decide before.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    since: String,
    /// What the customer can do: `CONSENT`, `END`.
    can: Vec<&'static str>,
}

impl AgreementView {
    fn of(edge: &Edge, it: &Agreement, market: &Market) -> AgreementView {
        let currency = market.account.currency;
        let today = market.account.zone.day_of(edge.now());
        let (state, ended_by, can) = match it.state {
            AgreementState::Asked => ("ASKED", None, vec!["CONSENT"]),
            AgreementState::Consented { .. } => ("CONSENTED", None, vec!["END"]),
            AgreementState::Active(_) => ("ACTIVE", None, vec!["END"]),
            AgreementState::Ended { by, .. } => ("ENDED", Some(end_text(by)), Vec::new()),
        };
        let is_asked = it.state == AgreementState::Asked;
        let due = if is_asked { Object::from(it.clone()).due() } else { None };
        AgreementView {
            id: it.id.to_string(),
            merchant: it.merchant.to_string(),
            reference: it.reference.to_string(),
            state,
            scopes: it.scopes.iter().map(ToString::to_string).collect(),
            allowance: (it.allowance_minor > 0)
                .then(|| AmountView::minor(it.allowance_minor, currency)),
            left: it.left_minor(today).map(|left| AmountView::minor(left, currency)),
            ended_by,
            until: due.map(time),
            since: time(it.created.time),
            can,
        }
    }
}

const fn end_text(by: AgreementEnd) -> &'static str {
    match by {
        AgreementEnd::Customer => "CUSTOMER",
        AgreementEnd::Merchant => "MERCHANT",
        AgreementEnd::Operator => "OPERATOR",
        AgreementEnd::Time => "TIME",
    }
}

#[derive(Serialize, ToSchema)]
struct AgreementsPage {
    items: Vec<AgreementView>,
    /// Give it as `cursor` to see older ones. A page may be short, even empty, and still have it.
    next: Option<String>,
}

/// Lists the customer's agreements, newest first, ended ones among them.
#[utoipa::path(
    get, path = "/v1/agreements", tag = "agreements", params(Part),
    responses((status = 200, body = AgreementsPage), (status = 400, body = Failure))
)]
async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(part): Query<Part>,
) -> Result<Json<AgreementsPage>, Failure> {
    let edge = &app.edge;
    let market = market(edge).await?;
    let list = wallet::list_of_customer(signed.customer);
    let found = page(edge, list, &part, |it| matches!(it, Object::Agreement(_))).await?;
    let view = |object: &Object| match object {
        Object::Agreement(it) => Some(AgreementView::of(edge, it, &market)),
        _ => None,
    };
    let items = found.objects.iter().filter_map(view).collect();
    Ok(Json(AgreementsPage { items, next: found.next }))
}

/// An agreement that this customer has, or that nobody has yet. Whoever has its link may see it.
async fn find(edge: &Edge, customer: u32, id: AgreementId) -> Result<Arc<Agreement>, Failure> {
    match load(edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::Agreement(it)) if it.customer.is_none_or(|owner| owner == customer) => Ok(it),
        _ => Err(not_found("agreement")),
    }
}

/// Shows an agreement: what the consent page says, or how it stands.
#[utoipa::path(
    get, path = "/v1/agreements/{id}", tag = "agreements", params(("id" = String, Path)),
    responses((status = 200, body = AgreementView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<AgreementView>, Failure> {
    let edge = &app.edge;
    let it = find(edge, signed.customer, read_id(&id, "agreement")?).await?;
    Ok(Json(AgreementView::of(edge, &it, &*market(edge).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    /// The most that may be debited in one month; without it there is no limit of its own.
    allowance: Option<AmountBody>,
}

#[derive(Serialize, ToSchema)]
struct ConsentView {
    agreement: AgreementView,
    /// Where the app leads the customer now.
    redirect: String,
}

/// Consents: from then on the merchant may debit. It can be repeated, and gives the same address.
#[utoipa::path(
    post, path = "/v1/agreements/{id}/consent", tag = "agreements",
    params(("id" = String, Path)), request_body = ConsentBody,
    responses((status = 200, body = ConsentView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure))
)]
async fn consent(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
    Json(body): Json<ConsentBody>,
) -> Result<Json<ConsentView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<AgreementId>(&id, "agreement")?;
    let market = market(edge).await?;
    let allowance_minor = match &body.allowance {
        None => 0,
        Some(amount) => match amount.read("allowance", market.account.currency)? {
            0 => return Err(Failure::illegal("allowance.value: must be at least 1")),
            minor => minor,
        },
    };
    let (it, redirect) = give_consent(edge, customer, id, allowance_minor).await?;
    Ok(Json(ConsentView { agreement: AgreementView::of(edge, &it, &market), redirect }))
}

/// Consents for a customer, with the most of one month; 0 is no limit. Also says where the
/// merchant wants the customer now. A repeat changes nothing.
pub(crate) async fn give_consent(
    edge: &Edge,
    customer: u32,
    id: AgreementId,
    allowance_minor: u64,
) -> Result<(Arc<Agreement>, String), Failure> {
    find(edge, customer, id).await?;
    let code = auth_code(edge, customer, id);
    let digest = TokenDigest(digest_of(&[code.as_bytes()]));
    let command = NetworkCommand::Consent { customer, id, code: digest, allowance_minor };
    let (object, _) = edge.make(Command::Network(Box::new(command))).await?;
    let Object::Agreement(it) = object else { return Err(not_found("agreement")) };
    let redirect = way_back(&it, Some(&code));
    Ok((it, redirect))
}

/// The merchant's address with what it has to know; without a code the customer said no.
pub(crate) fn way_back(it: &Agreement, code: Option<&str>) -> String {
    redirect(it.redirect.as_str(), code, it.auth_state.as_ref().map(base::Text::as_str))
}

/// The code that goes back to the merchant: a repeat gives the same one, and only the wallet can
/// make it.
fn auth_code(edge: &Edge, customer: u32, id: AgreementId) -> String {
    let parts: [&[u8]; 3] = [b"auth code", &customer.to_be_bytes(), &id.as_u128().to_be_bytes()];
    edge.keyed_digest(&parts).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The merchant's address with code and state behind it. Source: wallet interface 2.12.
fn redirect(address: &str, code: Option<&str>, state: Option<&str>) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (address, None),
    };
    let mut url = address.to_owned();
    let mut joint = if address.contains('?') { '&' } else { '?' };
    if let Some(code) = code {
        // Writing to a String cannot fail.
        let _ = write!(url, "{joint}authCode={code}");
        joint = '&';
    }
    if let Some(state) = state {
        let _ = write!(url, "{joint}authState=");
        for byte in state.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    url
}

/// Ends an agreement at once: no debit is taken from then on. It can be repeated.
#[utoipa::path(
    post, path = "/v1/agreements/{id}/end", tag = "agreements",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = AgreementView), (status = 404, body = Failure))
)]
async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<AgreementView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<AgreementId>(&id, "agreement")?;
    let command = NetworkCommand::EndAgreement { customer, id, by: AgreementEnd::Customer };
    let (object, _) = edge.make(Command::Network(Box::new(command))).await?;
    let Object::Agreement(it) = object else { return Err(not_found("agreement")) };
    Ok(Json(AgreementView::of(edge, &it, &*market(edge).await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_merchant_gets_code_and_state_behind_its_address() {
        let url = redirect("https://shop.example/back", Some("c0de"), Some("a b&c"));
        assert_eq!(url, "https://shop.example/back?authCode=c0de&authState=a%20b%26c");
        let url = redirect("https://shop.example/?x=1#top", Some("c0de"), None);
        assert_eq!(url, "https://shop.example/?x=1&authCode=c0de#top");
        // Who says no comes without a code.
        let url = redirect("https://shop.example/", None, Some("s"));
        assert_eq!(url, "https://shop.example/?authState=s");
    }
}
