//! Participants, contracts, endpoints, keys and merchants.

use super::Shared;
use super::contract::ContractBody;
use super::error::Failure;
use super::extract::Json;
use super::model::{AmountView, read_text};
use super::tokens::{Asker, Role};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base::Timestamp;
use directory as dir;
use directory::{Country, Endpoints, Participant, ParticipantKey, ParticipantStatus};
use ids::Partition;
use network::{AddParticipant, Change, Command, DecideMerchant, Operator, Reply};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Makes a change in every partition.
pub(crate) async fn operate(ops: &Shared, by: Operator, change: Change) -> Result<Reply, Failure> {
    taken(ops.partitions.submit_to_all(Command::Operate { by, change }).await?)
}

/// A refusal becomes the failure that the caller hears.
pub(crate) fn taken(reply: Reply) -> Result<Reply, Failure> {
    match reply {
        Reply::Refused(refusal) => Err(refusal.into()),
        reply => Ok(reply),
    }
}

pub(crate) async fn change(
    ops: &Shared,
    by: Operator,
    change: Change,
) -> Result<StatusCode, Failure> {
    operate(ops, by, change).await?;
    ops.directory.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A participant by its code, read from the machine itself.
pub(crate) async fn by_code(ops: &Shared, code: &str) -> Result<Arc<Participant>, Failure> {
    let code = code.to_owned();
    let ask = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.directory().by_code(&code).cloned()
    };
    let found = ops.partitions.read(Partition(0), ask).await?;
    found.ok_or_else(|| Failure::not_found("participant"))
}

/// Where the network reaches a participant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct EndpointsBody {
    #[schema(example = "https://wallet.example")]
    pub origin: Option<String>,
    #[schema(example = "/v1/payments/pay")]
    pub pay: Option<String>,
    pub inquiry: Option<String>,
    pub cancel: Option<String>,
    pub refund: Option<String>,
    /// For an acquirer whose payments name no URL.
    pub notify: Option<String>,
    /// What the network calls at an acquirer besides.
    pub user_initiated_pay: Option<String>,
    pub push_payment: Option<String>,
    pub inquiry_push_payment: Option<String>,
    pub auth_notify: Option<String>,
    pub consult_unbinding: Option<String>,
    /// What it calls at a wallet besides.
    pub prepare: Option<String>,
    pub apply_token: Option<String>,
    pub cancel_token: Option<String>,
    pub inquiry_user_info: Option<String>,
    /// At a wallet: where merchants are reported to; without it they are not. At an acquirer: where
    /// it hears what wallets decided.
    pub registration: Option<String>,
    /// At an acquirer: where disputes are opened. At a wallet: where their answers go.
    pub retrieval: Option<String>,
    pub escalation: Option<String>,
    /// A link that opens the wallet's app, the app's own scheme, and its logo.
    pub app_link: Option<String>,
    pub app_scheme: Option<String>,
    pub logo: Option<String>,
}

impl EndpointsBody {
    fn read(&self) -> Result<Endpoints, Failure> {
        let url = |text: &Option<String>, field: &str| match text {
            Some(text) => read_text(text, &format!("endpoints.{field}")).map(Some),
            None => Ok(None),
        };
        Ok(Endpoints {
            origin: url(&self.origin, "origin")?,
            pay: url(&self.pay, "pay")?,
            inquiry: url(&self.inquiry, "inquiry")?,
            cancel: url(&self.cancel, "cancel")?,
            refund: url(&self.refund, "refund")?,
            notify: url(&self.notify, "notify")?,
            user_initiated_pay: url(&self.user_initiated_pay, "userInitiatedPay")?,
            push_payment: url(&self.push_payment, "pushPayment")?,
            inquiry_push_payment: url(&self.inquiry_push_payment, "inquiryPushPayment")?,
            auth_notify: url(&self.auth_notify, "authNotify")?,
            consult_unbinding: url(&self.consult_unbinding, "consultUnbinding")?,
            prepare: url(&self.prepare, "prepare")?,
            apply_token: url(&self.apply_token, "applyToken")?,
            cancel_token: url(&self.cancel_token, "cancelToken")?,
            inquiry_user_info: url(&self.inquiry_user_info, "inquiryUserInfo")?,
            registration: url(&self.registration, "registration")?,
            retrieval: url(&self.retrieval, "retrieval")?,
            escalation: url(&self.escalation, "escalation")?,
            app_link: url(&self.app_link, "appLink")?,
            app_scheme: url(&self.app_scheme, "appScheme")?,
            logo: url(&self.logo, "logo")?,
        })
    }

    fn of(it: &Endpoints) -> EndpointsBody {
        let text = |url: &Option<dir::Url>| url.as_ref().map(ToString::to_string);
        EndpointsBody {
            origin: text(&it.origin),
            pay: text(&it.pay),
            inquiry: text(&it.inquiry),
            cancel: text(&it.cancel),
            refund: text(&it.refund),
            notify: text(&it.notify),
            user_initiated_pay: text(&it.user_initiated_pay),
            push_payment: text(&it.push_payment),
            inquiry_push_payment: text(&it.inquiry_push_payment),
            auth_notify: text(&it.auth_notify),
            consult_unbinding: text(&it.consult_unbinding),
            prepare: text(&it.prepare),
            apply_token: text(&it.apply_token),
            cancel_token: text(&it.cancel_token),
            inquiry_user_info: text(&it.inquiry_user_info),
            registration: text(&it.registration),
            retrieval: text(&it.retrieval),
            escalation: text(&it.escalation),
            app_link: text(&it.app_link),
            app_scheme: text(&it.app_scheme),
            logo: text(&it.logo),
        }
    }
}

/// A key's public part and its term.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    pub version: u32,
    pub fingerprint: String,
    pub from: String,
    pub until: Option<String>,
}

/// One participant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantView {
    pub id: u32,
    pub code: String,
    pub client_id: String,
    pub name: String,
    /// `MPP` or `ACQP`.
    pub role: String,
    pub country: String,
    pub status: String,
    pub contract_version: u32,
    pub settlement_currencies: Vec<String>,
    pub markup_bps: u32,
    pub caps: Vec<AmountView>,
    pub endpoints: EndpointsBody,
    pub keys: Vec<KeyView>,
}

impl ParticipantView {
    fn of(it: &Participant) -> ParticipantView {
        let key = |key: &ParticipantKey| KeyView {
            version: key.version,
            fingerprint: wire::VerifyingKey::parse(&key.spki)
                .map_or_else(|error| error.to_string(), |key| key.fingerprint()),
            from: super::model::time(key.from),
            until: key.until.map(super::model::time),
        };
        let contract = &it.contract;
        ParticipantView {
            id: it.id.0,
            code: it.code.to_string(),
            client_id: it.client_id.to_string(),
            name: it.name.to_string(),
            role: match it.role {
                dir::Role::Mpp => "MPP".to_owned(),
                dir::Role::Acqp => "ACQP".to_owned(),
            },
            country: it.country.to_string(),
            status: format!("{:?}", it.status),
            contract_version: contract.version,
            settlement_currencies: contract
                .settlement_currencies
                .iter()
                .map(|it| it.code().to_owned())
                .collect(),
            markup_bps: contract.markup_bps,
            caps: contract.caps.iter().map(|cap| AmountView::of(*cap)).collect(),
            endpoints: EndpointsBody::of(&it.endpoints),
            keys: it.keys.iter().map(key).collect(),
        }
    }
}

/// Lists all participants.
#[utoipa::path(
    get, path = "/v1/participants", tag = "participants",
    responses((status = 200, body = Vec<ParticipantView>), (status = 401, body = Failure))
)]
pub async fn participants(
    State(ops): State<Shared>,
    _: Asker,
) -> Result<Json<Vec<ParticipantView>>, Failure> {
    let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.directory().participants().cloned().collect::<Vec<_>>()
    };
    let all = ops.partitions.read(Partition(0), ask).await?;
    Ok(Json(all.iter().map(|it| ParticipantView::of(it)).collect()))
}

/// Shows one participant.
#[utoipa::path(
    get, path = "/v1/participants/{code}", tag = "participants",
    params(("code" = String, Path)),
    responses((status = 200, body = ParticipantView), (status = 404, body = Failure))
)]
pub async fn show(
    State(ops): State<Shared>,
    _: Asker,
    Path(code): Path<String>,
) -> Result<Json<ParticipantView>, Failure> {
    Ok(Json(ParticipantView::of(&*by_code(&ops, &code).await?)))
}

/// A new participant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ParticipantBody {
    /// `pspId` or `acquirerId`, as partners see it; your choice.
    #[schema(example = "W-KR")]
    pub code: String,
    /// The `Client-Id` header; your choice.
    pub client_id: String,
    pub name: String,
    /// `MPP` or `ACQP`.
    pub role: String,
    pub country: String,
    /// PEM or one-line base64 of the public key (X.509 SubjectPublicKeyInfo).
    pub public_key: Option<String>,
    #[serde(default)]
    pub endpoints: EndpointsBody,
    pub contract: ContractBody,
}

fn read_key(text: &str, version: u32, from: Timestamp) -> Result<ParticipantKey, Failure> {
    let key = wire::VerifyingKey::parse(text.as_bytes())
        .map_err(|error| Failure::illegal(format!("publicKey: {error}")))?;
    Ok(ParticipantKey { version, spki: key.to_spki_der().to_vec(), from, until: None })
}

/// Adds a participant.
#[utoipa::path(
    post, path = "/v1/participants", tag = "participants", request_body = ParticipantBody,
    responses((status = 201, body = ParticipantView), (status = 400, body = Failure))
)]
pub async fn add(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<ParticipantBody>,
) -> Result<(StatusCode, Json<ParticipantView>), Failure> {
    let by = asker.may(Role::Admin)?;
    let role = match body.role.as_str() {
        "MPP" => dir::Role::Mpp,
        "ACQP" => dir::Role::Acqp,
        _ => return Err(Failure::illegal("role: give MPP or ACQP")),
    };
    let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        machine.directory().next_id()
    };
    let id = ops.partitions.read(Partition(0), ask).await?;
    let keys = match &body.public_key {
        Some(text) => vec![read_key(text, 1, Timestamp::default())?],
        None => Vec::new(),
    };
    let participant = Participant {
        id,
        role,
        code: read_text(&body.code, "code")?,
        client_id: read_text(&body.client_id, "clientId")?,
        name: read_text(&body.name, "name")?,
        country: Country::new(&body.country)
            .ok_or_else(|| Failure::illegal("country: give two letters, as `JP`"))?,
        status: ParticipantStatus::Active,
        keys,
        endpoints: body.endpoints.read()?,
        contract: body.contract.read()?,
    };
    let view = ParticipantView::of(&participant);
    change(&ops, by, Change::AddParticipant(Box::new(AddParticipant { participant }))).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Replaces a participant's endpoints.
#[utoipa::path(
    put, path = "/v1/participants/{code}/endpoints", tag = "participants",
    params(("code" = String, Path)), request_body = EndpointsBody,
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn set_endpoints(
    State(ops): State<Shared>,
    asker: Asker,
    Path(code): Path<String>,
    Json(body): Json<EndpointsBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let participant = by_code(&ops, &code).await?.id;
    let endpoints = Box::new(body.read()?);
    change(&ops, by, Change::SetEndpoints { participant, endpoints }).await
}

/// Whether a participant takes part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StatusBody {
    pub is_suspended: bool,
}

/// Suspends a participant or lets it in again: effective at once, also for payments that are being
/// asked for.
#[utoipa::path(
    put, path = "/v1/participants/{code}/status", tag = "participants",
    params(("code" = String, Path)), request_body = StatusBody,
    responses((status = 204), (status = 404, body = Failure))
)]
pub async fn set_status(
    State(ops): State<Shared>,
    asker: Asker,
    Path(code): Path<String>,
    Json(body): Json<StatusBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let participant = by_code(&ops, &code).await?.id;
    let status =
        if body.is_suspended { ParticipantStatus::Suspended } else { ParticipantStatus::Active };
    change(&ops, by, Change::SetStatus { participant, status }).await
}

/// A public key to be enrolled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyBody {
    /// `keyVersion` of the `Signature` header.
    pub version: u32,
    pub public_key: String,
}

/// Enrols a key; earlier ones stay valid until they are retired.
#[utoipa::path(
    post, path = "/v1/participants/{code}/keys", tag = "participants",
    params(("code" = String, Path)), request_body = KeyBody,
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn add_key(
    State(ops): State<Shared>,
    asker: Asker,
    Path(code): Path<String>,
    Json(body): Json<KeyBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let participant = by_code(&ops, &code).await?.id;
    let key = read_key(&body.public_key, body.version, Timestamp::default())?;
    change(&ops, by, Change::AddKey { participant, key }).await
}

/// Ends a key at once: messages signed with it are refused from now on.
#[utoipa::path(
    delete, path = "/v1/participants/{code}/keys/{version}", tag = "participants",
    params(("code" = String, Path), ("version" = u32, Path)),
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn retire_key(
    State(ops): State<Shared>,
    asker: Asker,
    Path((code, version)): Path<(String, u32)>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let participant = by_code(&ops, &code).await?.id;
    let until = ops.partitions.now(Partition(0)).await?;
    change(&ops, by, Change::RetireKey { participant, version, until }).await
}

/// One merchant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantView {
    pub reference: String,
    pub name: String,
    pub mcc: String,
    pub country: String,
    pub stores: Vec<String>,
    /// What wallets that review merchants decided, by their ids.
    pub approvals: std::collections::BTreeMap<u32, String>,
}

/// Lists an acquirer's merchants.
#[utoipa::path(
    get, path = "/v1/participants/{code}/merchants", tag = "participants",
    params(("code" = String, Path)),
    responses((status = 200, body = Vec<MerchantView>), (status = 404, body = Failure))
)]
pub async fn merchants(
    State(ops): State<Shared>,
    _: Asker,
    Path(code): Path<String>,
) -> Result<Json<Vec<MerchantView>>, Failure> {
    let acquirer = by_code(&ops, &code).await?.id;
    let ask = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        let own = machine.directory().merchants().filter(|it| it.acquirer == acquirer);
        own.cloned().collect::<Vec<_>>()
    };
    let mut all = ops.partitions.read(Partition(0), ask).await?;
    all.sort_by(|one, other| one.reference.cmp(&other.reference));
    let view = |it: &Arc<dir::Merchant>| MerchantView {
        reference: it.reference.to_string(),
        name: it.name.to_string(),
        mcc: it.mcc.to_string(),
        country: it.country.to_string(),
        stores: it.stores.keys().map(ToString::to_string).collect(),
        approvals: it.approvals.iter().map(|(mpp, it)| (mpp.0, format!("{it:?}"))).collect(),
    };
    Ok(Json(all.iter().map(view).collect()))
}

/// A wallet's decision about a merchant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DecisionBody {
    /// Code of the wallet.
    pub wallet: String,
    pub is_approved: bool,
    /// Why, when it is rejected.
    pub reason: Option<String>,
}

/// Records a wallet's decision about a merchant.
#[utoipa::path(
    post, path = "/v1/participants/{code}/merchants/{reference}/decision", tag = "participants",
    params(("code" = String, Path), ("reference" = String, Path)), request_body = DecisionBody,
    responses((status = 204), (status = 404, body = Failure))
)]
pub async fn decide_merchant(
    State(ops): State<Shared>,
    asker: Asker,
    Path((code, reference)): Path<(String, String)>,
    Json(body): Json<DecisionBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let acquirer = by_code(&ops, &code).await?.id;
    let mpp = by_code(&ops, &body.wallet).await?.id;
    let approval = if body.is_approved {
        dir::Approval::Approved
    } else {
        let reason = body.reason.as_deref().unwrap_or("not given");
        dir::Approval::Rejected { reason: read_text(reason, "reason")? }
    };
    let merchant = dir::MerchantKey { acquirer, reference: read_text(&reference, "reference")? };
    change(&ops, by, Change::DecideMerchant(DecideMerchant { mpp, merchant, approval })).await
}
