//! What a scanned text is, and whose, before anything is paid.
//!
//! The wallet's own codes are read here. What else could be meant for a wallet is asked of the
//! network; what is plainly not, such as the password of a Wi-Fi, stays here.

use super::App;
use super::access::{Signed, Who};
use super::activity::load;
use super::card::{Viewer, order_state};
use super::donations::find_box;
use super::failure::Failure;
use super::lines::find_line;
use super::people::PersonView;
use super::picture::read_order_text;
use super::receipt::Receipt;
use super::shows::find_film;
use super::tallies::Counted;
use super::view::{AmountView, market, read_text};
use crate::link::{Link, LinkError, succeed};
use crate::mpp::{self, OrderParts, customer_id};
use account::CustomerState;
use api::ops::extract::Json;
use axum::extract::State;
use base::{ResultStatus, Span, Text};
use ids::{PaymentId, ShopOrderId};
use qr::{Account, MerchantCode};
use serde::{Deserialize, Serialize};
use services::{BoardPoint, OwnCode, ScanError};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::network::{NetworkCommand, TakeOrder};
use wallet::objects::{OrderView, ShopOrderState};
use wallet::{CodeKind, Command, Object, Shop, ShopKind};
use wire::mpp::{
    CodeAction, CodeType, IdentifyCodeRequest, IdentifyCodeResponse, UserInitiatedPayRequest,
    UserInitiatedPayResponse,
};
use wire::{Api, Opaque};

/// How long an order waits for the payer when the network does not say it.
const SHOWN_FOR: Span = Span::minutes(10);
/// The longest text that is looked at. Source: wallet interface 2.9.
const MAX_CHARS: usize = 8_192;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(scan))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScanBody {
    /// As the scanner read it.
    text: String,
}

/// A shop of this wallet, as a payer sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShopHere {
    number: u32,
    name: String,
    city: String,
    is_open: bool,
    is_charity: bool,
}

/// What a code of a country's scheme says.
#[derive(Serialize, ToSchema)]
struct NationalHere {
    /// The schemes that it names.
    #[schema(example = json!(["PayNow"]))]
    schemes: Vec<String>,
    merchant: Option<String>,
    city: Option<String>,
    country: Option<String>,
    /// As it stands in the code, in major units of `currency`.
    amount: Option<String>,
    currency: Option<String>,
}

/// What a text is. What a kind does not have is absent.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanView {
    /// `SHOP`: enter an amount, then `POST /v1/shop-payments`. `ORDER`: the same, with the amount
    /// that it says. `PERSON`: send money. `PAYMENT`: see the order, then confirm or decline.
    /// `PAGE`: open `url` in the wallet. `PRODUCT`: a code of another product of this wallet.
    /// `NATIONAL`: a payment code that nobody here takes. `URL`: a web address of somebody.
    /// `UNKNOWN`.
    pub(crate) kind: &'static str,
    /// For people, in English: whose it is, or why it cannot be paid.
    pub(crate) says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<ShopHere>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<AmountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// What to add to the user agent of the wallet's own browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// `DONATE`, `RIDE`, `SHOW`, `PACKET`, `GIFT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'static str>,
    /// Where the product's code leads to in this API.
    #[schema(example = "/v1/boxes/7")]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    national: Option<NationalHere>,
}

impl ScanView {
    fn new(kind: &'static str, says: impl Into<String>) -> ScanView {
        ScanView { kind, says: says.into(), ..ScanView::default() }
    }

    fn unknown(says: impl Into<String>) -> ScanView {
        ScanView::new("UNKNOWN", says)
    }

    /// The order of the network that was taken up.
    pub(crate) fn payment_id(&self) -> Option<PaymentId> {
        self.payment.as_ref()?.card.id.parse().ok()
    }
}

/// Says what a scanned text is and whose. An order of the network is taken up with it: it waits for
/// the customer's decision.
#[utoipa::path(
    post, path = "/v1/scans", tag = "pay", request_body = ScanBody,
    responses((status = 200, body = ScanView), (status = 400, body = Failure),
        (status = 503, body = Failure))
)]
async fn scan(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<ScanBody>,
) -> Result<Json<ScanView>, Failure> {
    Ok(Json(scan_text(&app, signed.who(), &body.text).await?))
}

/// Says what a text is, and takes an order of the network up. What was taken up by the same
/// customer before is the same payment again.
pub(crate) async fn scan_text(app: &App, who: Who, text: &str) -> Result<ScanView, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_CHARS {
        return Err(Failure::illegal("text: give 1 to 8192 characters"));
    }
    Ok(match OwnCode::read(text) {
        Ok(code) => own(app, who, code).await?,
        Err(ScanError::NotOurs) => others(app, who, text).await?,
        Err(error) => match read_order_text(text) {
            Some(id) => order(app, id).await?,
            None => ScanView::unknown(format!("a code of this wallet that {error}; scan it again")),
        },
    })
}

async fn own(app: &App, who: Who, code: OwnCode) -> Result<ScanView, Failure> {
    let product = match code {
        OwnCode::Pay { merchant } => return shop(app, merchant).await,
        OwnCode::Customer { customer } => return person(app, who, customer).await,
        OwnCode::Donate { donation_box } => return donation_box_here(app, donation_box).await,
        OwnCode::Ride(point) => return ride_here(app, point).await,
        OwnCode::Show { film } => return film_here(app, film).await,
        OwnCode::Packet { .. } => "PACKET",
        OwnCode::Gift { .. } => "GIFT",
    };
    let view = ScanView::new("PRODUCT", "a code of another product of this wallet");
    Ok(ScanView { product: Some(product), ..view })
}

fn leads(product: &'static str, resource: String, says: String) -> ScanView {
    let (product, resource) = (Some(product), Some(resource));
    ScanView { product, resource, ..ScanView::new("PRODUCT", says) }
}

async fn donation_box_here(app: &App, number: u32) -> Result<ScanView, Failure> {
    let Some(found) = find_box(&app.edge, number).await? else {
        return Ok(ScanView::unknown("a code of this wallet for a box that there is not"));
    };
    let charity = find_shop(app, found.rules.rules().charity).await?;
    let whose = charity.map_or(String::new(), |it| format!(" of {}", it.name));
    let says = format!("gives to {}{whose}", found.name);
    Ok(leads("DONATE", format!("/v1/boxes/{number}"), says))
}

async fn ride_here(app: &App, point: BoardPoint) -> Result<ScanView, Failure> {
    let Some(found) = find_line(&app.edge, point.line).await? else {
        return Ok(ScanView::unknown("a code of this wallet for a line that there is not"));
    };
    let says = match found.is_running {
        true => format!("boards {}, or leaves it", found.name),
        false => format!("{} does not run now; you can still leave it", found.name),
    };
    Ok(leads("RIDE", format!("/v1/lines/{}", point.line), says))
}

async fn film_here(app: &App, number: u32) -> Result<ScanView, Failure> {
    let Some(found) = find_film(&app.edge, number).await? else {
        return Ok(ScanView::unknown("a code of this wallet for a film that there is not"));
    };
    let says = format!("shows and seats of {}", found.title);
    Ok(leads("SHOW", format!("/v1/shows?film={number}"), says))
}

async fn find_shop(app: &App, number: u32) -> Result<Option<Arc<Shop>>, Failure> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(app.edge.read(move |wallet, _, _| wallet.shops().get(place).cloned()).await?)
}

fn shop_here(shop: &Shop) -> ShopHere {
    ShopHere {
        number: shop.number,
        name: shop.name.to_string(),
        city: shop.city.to_string(),
        is_open: shop.is_open,
        is_charity: shop.kind == ShopKind::Charity,
    }
}

async fn shop(app: &App, number: u32) -> Result<ScanView, Failure> {
    let Some(shop) = find_shop(app, number).await? else {
        return Ok(ScanView::unknown("a code of this wallet for a shop that there is not"));
    };
    let says = match shop.is_open {
        true => format!("pays {} in {}", shop.name, shop.city),
        false => format!("{} in {} is closed and takes no money now", shop.name, shop.city),
    };
    Ok(ScanView { shop: Some(shop_here(&shop)), ..ScanView::new("SHOP", says) })
}

async fn order(app: &App, id: ShopOrderId) -> Result<ScanView, Failure> {
    let Some(Object::ShopOrder(it)) = load(&app.edge, vec![id.as_u128()]).await?.pop() else {
        return Ok(ScanView::unknown("a code of this wallet for an order that there is not"));
    };
    let Some(shop) = find_shop(app, it.shop).await? else {
        return Ok(ScanView::unknown("a code of this wallet for a shop that there is not"));
    };
    let currency = market(&app.edge).await?.account.currency;
    let is_payable = it.state == ShopOrderState::Shown && app.edge.now() < it.until;
    if !is_payable {
        let state = order_state(it.state).to_lowercase();
        return Ok(ScanView::unknown(format!(
            "an order of {} that is over ({state}); ask for a new code",
            shop.name
        )));
    }
    let amount = AmountView::minor(it.amount_minor, currency);
    let says = format!("pays {} to {} in {}", amount.text, shop.name, shop.city);
    Ok(ScanView {
        shop: Some(shop_here(&shop)),
        order: Some(id.to_string()),
        amount: Some(amount),
        ..ScanView::new("ORDER", says)
    })
}

/// Numbers of customers can be counted up: whoever does it has to wait soon.
async fn person(app: &App, who: Who, customer: u32) -> Result<ScanView, Failure> {
    let (me, now) = (who.customer, app.edge.now());
    app.tallies.check(Counted::Finds, me, now)?;
    app.tallies.add(Counted::Finds, me, 10, now);
    let found = app.edge.read(move |wallet, _, _| {
        let found = wallet.all_customers().get(customer);
        found.is_some_and(|it| it.state != CustomerState::Closed)
    });
    if !found.await? {
        return Ok(ScanView::unknown("a code of this wallet for a person whom there is not"));
    }
    let person = PersonView::of(app, me, customer).await?;
    let says = format!("sends money to {}", person.name);
    Ok(ScanView { person: Some(person), ..ScanView::new("PERSON", says) })
}

/// Texts that are never meant for a wallet, and may be private.
const PRIVATE: [(&str, &str); 10] = [
    ("WIFI:", "the settings of a Wi-Fi network, not a payment code"),
    ("BEGIN:VCARD", "a business card, not a payment code"),
    ("MECARD:", "a business card, not a payment code"),
    ("BEGIN:VEVENT", "an appointment, not a payment code"),
    ("OTPAUTH:", "a secret for one-time passwords, not a payment code; show it to nobody"),
    ("MAILTO:", "an e-mail address, not a payment code"),
    ("TEL:", "a phone number, not a payment code"),
    ("SMSTO:", "a text message, not a payment code"),
    ("GEO:", "a place on a map, not a payment code"),
    ("BITCOIN:", "a payment in a currency that this wallet does not have"),
];

fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
}

async fn others(app: &App, who: Who, text: &str) -> Result<ScanView, Failure> {
    if let Some((_, says)) = PRIVATE.iter().find(|(start, _)| begins(text, start)) {
        return Ok(ScanView::unknown(*says));
    }
    if let Some(link) = &app.edge.link
        && let Some(view) = ask_network(app, who, link, text).await?
    {
        return Ok(view);
    }
    Ok(foreign(text))
}

/// What nobody takes here, said as well as one can.
fn foreign(text: &str) -> ScanView {
    if begins(text, "https://") || begins(text, "http://") {
        let says = "a web address and no payment code: open it only if you know whose it is";
        return ScanView { url: Some(text.to_owned()), ..ScanView::new("URL", says) };
    }
    let code = match MerchantCode::read(text) {
        Ok(code) => code,
        Err(error) => return ScanView::unknown(error.to_string()),
    };
    let country = code.get(58).unwrap_or_default();
    let schemes: Vec<String> = code
        .accounts()
        .filter_map(|account| match account {
            Account::Network(template) => {
                let scheme = qr::scheme_of(template.guid()?, country)?;
                Some(scheme.title.to_owned())
            }
            Account::Number { tag, .. } => qr::card_of(tag).map(str::to_owned),
        })
        .collect();
    let owned = |tag: u8| code.get(tag).map(str::to_owned);
    let whose = owned(59).unwrap_or_else(|| "a merchant".to_owned());
    let named = if schemes.is_empty() { "another scheme".to_owned() } else { schemes.join(", ") };
    let says = format!("a code of {whose} for {named}: this wallet cannot pay it");
    let national = NationalHere {
        merchant: owned(59),
        city: owned(60),
        country: owned(58),
        amount: owned(54),
        currency: code.currency().map(|it| it.code().to_owned()),
        schemes,
    };
    ScanView { national: Some(national), ..ScanView::new("NATIONAL", says) }
}

/// What the network makes of a text. `None`: it is none of its codes.
async fn ask_network(
    app: &App,
    who: Who,
    link: &Link,
    text: &str,
) -> Result<Option<ScanView>, Failure> {
    let Ok(scanned) = Opaque::new(text) else { return Ok(None) };
    let mut request = IdentifyCodeRequest::new(scanned);
    request.customer_id = Text::new(&customer_id(who.customer)).ok();
    let answer: Result<IdentifyCodeResponse, _> = link.call(Api::IdentifyCode, &request).await;
    let answer = answer.map_err(LinkError::Call)?;
    match answer.result.status() {
        ResultStatus::S if answer.is_supported == Some(true) => {}
        ResultStatus::S | ResultStatus::F => return Ok(None),
        ResultStatus::U => return Err(LinkError::Refused(answer.result).into()),
    }
    match answer.post_code_match_action_type {
        Some(CodeAction::Decode) => {
            let code = answer.code_value.as_ref().map_or(text, |code| code.as_str());
            take_up(app, who, link, (text, code)).await.map(Some)
        }
        Some(CodeAction::OpenUrl) => {
            let url = answer.redirect_url.as_ref().map_or(text, |url| url.as_str());
            let agent = answer.user_agent.as_ref().map(Text::as_str).filter(|it| *it != "-");
            Ok(Some(ScanView {
                url: Some(url.to_owned()),
                user_agent: agent.map(str::to_owned),
                ..ScanView::new("PAGE", "a page of a shop of the network")
            }))
        }
        None => Ok(None),
    }
}

/// Takes an order of the network up, so that the customer sees it with both prices.
async fn take_up(
    app: &App,
    who: Who,
    link: &Link,
    (scanned, code): (&str, &str),
) -> Result<ScanView, Failure> {
    let (edge, customer) = (&app.edge, who.customer);
    let code = Opaque::new(code).map_err(|error| Failure::illegal(format!("text: {error}")))?;
    let id = read_text(&customer_id(customer), "customer")?;
    let request = UserInitiatedPayRequest::new(code, id);
    let answer: Result<UserInitiatedPayResponse, _> =
        link.call(Api::UserInitiatedPay, &request).await;
    let answer = answer.map_err(LinkError::Call)?;
    succeed(&answer.result)?;
    let currency = market(edge).await?.account.currency;
    let incomplete = || {
        tracing::warn!("an order of the network lacks what a wallet needs of it");
        let says = "the network told an order that this wallet cannot show; ask for a new code";
        Failure::new(axum::http::StatusCode::BAD_GATEWAY, "NETWORK_SILENT", says)
    };
    let price = answer.pay_to_amount.map(|amount| amount.0);
    let price = price.filter(|price| price.currency() == currency).ok_or_else(incomplete)?;
    let (millis, partition, random) = edge.draw();
    let taken = TakeOrder {
        id: PaymentId::new(millis, partition, random),
        customer,
        code: kind_of(scanned, answer.code_type),
        request: answer.payment_request_id.clone().ok_or_else(incomplete)?,
        price_minor: price.minor(),
        order: order_view(&answer).ok_or_else(incomplete)?,
        expires: answer
            .payment_expiry_time
            .as_ref()
            .map_or_else(|| edge.now().after(SHOWN_FOR), |time| time.at),
    };
    let command = Command::Network(Box::new(NetworkCommand::TakeOrder(taken)));
    let (object, _) = edge.make(command).await?;
    let receipt = Receipt::made(edge, &object, Viewer::Customer(customer), who.person).await?;
    let whose = receipt.card.counterparty.as_ref().map_or("a merchant", |it| it.name.as_str());
    let says = format!("an order of {whose}");
    Ok(ScanView { payment: Some(receipt), ..ScanView::new("PAYMENT", says) })
}

/// Of which kind the code is, for the market's rules about kinds of codes.
fn kind_of(scanned: &str, told: Option<CodeType>) -> CodeKind {
    match told {
        _ if MerchantCode::read(scanned).is_ok() => CodeKind::National,
        Some(CodeType::EntryCode | CodeType::StoreCode) => CodeKind::Entry,
        Some(CodeType::OrderCode) | None => CodeKind::Order,
    }
}

/// The order as the wallet keeps and shows it. `None`: something is missing.
fn order_view(answer: &UserInitiatedPayResponse) -> Option<OrderView> {
    let order = answer.order.as_ref()?;
    let parts = OrderParts {
        acquirer: answer.acquirer_id.as_ref()?,
        amount: answer.payment_amount.map_or(order.order_amount.0, |amount| amount.0),
        quote: answer.payment_quote.as_ref(),
        promo: answer.payment_promo_info.as_ref(),
        redirect: answer.payment_redirect_url.as_ref(),
    };
    mpp::order_view(order, &parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_is_said_in_words() {
        let national = "00020101021126400009SG.PAYNOW010120213200002150HWCF0301152040000530370258\
                        02SG5923NATIONAL HEALTHCARE GRO6009Singapore6304DF3F";
        let view = foreign(national);
        assert_eq!(view.kind, "NATIONAL");
        assert!(view.says.starts_with("a code of NATIONAL HEALTHCARE GRO for PayNow"));
        let slip = foreign(&national.replace("PAYNOW", "PAYN0W"));
        assert_eq!((slip.kind, slip.says.contains("checksum")), ("UNKNOWN", true));
        assert_eq!(foreign("https://example.org/").kind, "URL");
        assert_eq!(foreign("hello").kind, "UNKNOWN");
        assert!(PRIVATE.iter().any(|(start, _)| begins("wifi:S:home;P:secret;;", start)));
    }
}
