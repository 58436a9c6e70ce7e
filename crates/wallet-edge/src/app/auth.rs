//! Registration, signing in, the PIN, devices.
//!
//! Nothing here tells whether a number or address is a customer's before its owner has proven it
//! with a one-time code.

use super::App;
use super::access::{
    STEPPED_UP_FOR, Signed, SteppedUp, device_of, device_text, prove_pin, read_device,
};
use super::failure::{Failure, conflict, forbidden, not_found, too_many};
use super::payee::read_alias;
use super::view::{market, read_optional, read_text, time};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base::Text;
use ids::PersonId;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vault::{Alias, BirthDate, Claim, CodePurpose, DeviceId, Issued, Profile, pin_refusal};
use wallet::command::people::PeopleCommand;
use wallet::{Command, Reply};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send_code))
        .routes(routes!(register))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(step_up))
        .routes(routes!(set_pin))
        .routes(routes!(devices))
        .routes(routes!(forget_device))
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Purpose {
    Registration,
    SignIn,
    PinReset,
}

/// Who asks for a code, and what for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CodeBody {
    /// A phone number or an e-mail address.
    #[schema(example = "010-5555-1234")]
    alias: String,
    purpose: Purpose,
}

/// Sends a one-time code. The answer is the same whether or not anybody has this alias.
#[utoipa::path(
    post, path = "/v1/codes", tag = "account", request_body = CodeBody,
    responses((status = 202), (status = 400, body = Failure), (status = 429, body = Failure))
)]
async fn send_code(
    State(app): State<App>,
    Json(body): Json<CodeBody>,
) -> Result<StatusCode, Failure> {
    let edge = &app.edge;
    let market = market(edge).await?;
    let alias = read_alias(&body.alias, "alias", market.country.as_str())?;
    let purpose = purpose_of(body.purpose);
    let (asked, now) = (alias.clone(), edge.now());
    let (issued, is_known) = edge
        .in_vault(move |vault| {
            Ok((vault.issue_code(&asked, purpose, now)?, vault.find_alias(&asked)?.is_some()))
        })
        .await?;
    match issued {
        Issued::Code(code) => {
            // Whoever is no customer cannot use a code for signing in, and gets none.
            if is_known || purpose == CodePurpose::Registration {
                let text = format!("{}: your code is {}", market.brand, code.as_str());
                edge.messenger.send(alias.as_str(), &text);
            }
            Ok(StatusCode::ACCEPTED)
        }
        Issued::TooSoon { again_at } | Issued::TooMany { again_at } => {
            Err(too_many(format!("alias: ask for another code at {}", time(again_at))))
        }
    }
}

const fn purpose_of(purpose: Purpose) -> CodePurpose {
    match purpose {
        Purpose::Registration => CodePurpose::Registration,
        Purpose::SignIn => CodePurpose::SignIn,
        Purpose::PinReset => CodePurpose::PinReset,
    }
}

/// The app on one device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DeviceBody {
    /// 32 hexadecimal digits that the app draws when it is set up, and keeps to itself.
    #[schema(example = "0f1e2d3c4b5a69788796a5b4c3d2e1f0")]
    id: String,
    /// As the list of devices shows it.
    #[schema(example = "My phone")]
    label: String,
}

impl DeviceBody {
    fn read(&self) -> Result<(DeviceId, Text<64>), Failure> {
        let id = read_device(&self.id);
        let message = "device.id: give 32 hexadecimal digits in small letters";
        let id = id.ok_or_else(|| Failure::illegal(message))?;
        Ok((id, read_text(&self.label, "device.label")?))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RegisterBody {
    alias: String,
    /// The code that was sent for `REGISTRATION`.
    code: String,
    /// As the customer wants to be called.
    #[schema(example = "Minsu Kim")]
    name: String,
    /// Six digits that are not easy to guess.
    pin: String,
    #[schema(example = "1990-12-31")]
    birth_date: Option<String>,
    /// BCP 47 tag; without it the market's first language.
    language: Option<String>,
    device: DeviceBody,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    /// To be sent as `Authorization: Bearer`, with the `Device-Id` that it was made for.
    token: String,
}

/// A registration that was understood.
struct Wanted {
    alias: Alias,
    profile: Profile,
    pin: String,
    device: (DeviceId, Text<64>),
}

impl RegisterBody {
    fn read(self, market: &wallet::Market) -> Result<Wanted, Failure> {
        let alias = read_alias(&self.alias, "alias", market.country.as_str())?;
        let birth_date: Option<BirthDate> = match &self.birth_date {
            None => None,
            Some(text) => Some(text.parse().map_err(|error: vault::DateError| {
                Failure::illegal(format!("birthDate: {error}"))
            })?),
        };
        // Looked at before the code is: a code passes once.
        if let Some(refusal) = pin_refusal(&self.pin, birth_date) {
            return Err(Failure::illegal(format!("pin: {refusal}; choose another")));
        }
        let language: Option<Text<35>> = match self.language.as_deref() {
            None => market.languages.first().and_then(|tag| Text::new(tag.as_str()).ok()),
            Some(tag) => read_optional(Some(tag), "language")?,
        };
        let (phone, email) = match &alias {
            Alias::Phone(phone) => (Some(phone.clone()), None),
            Alias::Email(email) => (None, Some(email.clone())),
        };
        let profile = Profile {
            phone,
            email,
            display_name: Some(read_text(&self.name, "name")?),
            birth_date,
            language,
            ..Profile::default()
        };
        Ok(Wanted { alias, profile, pin: self.pin, device: self.device.read()? })
    }
}

/// Makes a customer of whoever proves the alias. It can be repeated after any fault, with a new
/// code: what was begun is finished, and a finished one is signed in to with its PIN.
#[utoipa::path(
    post, path = "/v1/register", tag = "account", request_body = RegisterBody,
    responses((status = 201, body = SessionView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn register(
    State(app): State<App>,
    Json(body): Json<RegisterBody>,
) -> Result<(StatusCode, Json<SessionView>), Failure> {
    let edge = &app.edge;
    let code = body.code.clone();
    let wanted = body.read(&*market(edge).await?)?;
    check_code(edge, &wanted.alias, CodePurpose::Registration, code).await?;
    let person = person_for(edge, &wanted).await?;
    let customer = number_of(edge, person).await?;
    if edge.in_vault(move |vault| vault.has_pin(person)).await? {
        let known = prove_pin(edge, (person, customer), wanted.pin).await;
        known.map_err(|failure| match failure.code.as_str() {
            "PIN_WRONG" => conflict(
                "ALREADY_REGISTERED",
                "alias: it has an account with another PIN; sign in with POST /v1/sessions",
            ),
            _ => failure,
        })?;
    } else {
        let pin = wanted.pin;
        let set = edge.in_vault(move |vault| vault.set_pin(person, &pin)).await?;
        set.map_err(|refusal| Failure::illegal(format!("pin: {refusal}; choose another")))?;
    }
    let view = open_session(edge, (person, customer), wanted.device).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// The person of an alias that was proven: the one who is there, or a new one.
async fn person_for(edge: &Edge, wanted: &Wanted) -> Result<PersonId, Failure> {
    let (millis, partition, random) = edge.draw();
    let new = PersonId::new(millis, partition, random);
    let (alias, profile) = (wanted.alias.clone(), wanted.profile.clone());
    let found = edge
        .in_vault(move |vault| {
            if let Some(person) = vault.find_alias(&alias)? {
                return Ok(Some(person));
            }
            Ok(match vault.create(new, &profile, Some(&alias))? {
                Claim::Claimed => Some(new),
                // Somebody was quicker with the same alias.
                Claim::Taken => vault.find_alias(&alias)?,
            })
        })
        .await?;
    found.ok_or_else(|| conflict("TAKEN", "alias: it is changing hands; ask for a new code"))
}

/// The customer of a person; the machine gives each person one number.
async fn number_of(edge: &Edge, person: PersonId) -> Result<u32, Failure> {
    match edge.submit(Command::People(PeopleCommand::Register { person, tier: 0 })).await? {
        Reply::Number(number) => Ok(number),
        other => unreachable!("a registration is answered with a number: {other:?}"),
    }
}

async fn check_code(
    edge: &Edge,
    alias: &Alias,
    purpose: CodePurpose,
    code: String,
) -> Result<(), Failure> {
    let (alias, now) = (alias.clone(), edge.now());
    let is_right =
        edge.in_vault(move |vault| vault.check_code(&alias, purpose, &code, now)).await?;
    if is_right {
        return Ok(());
    }
    let message = "code: it is wrong, too old or was used; ask for a new one";
    Err(forbidden("INVALID_CODE", message))
}

async fn open_session(
    edge: &Edge,
    (person, customer): (PersonId, u32),
    (device, label): (DeviceId, Text<64>),
) -> Result<SessionView, Failure> {
    let now = edge.now();
    let token = edge
        .in_vault(move |vault| {
            vault.bind_device(person, device, &label, now)?;
            vault.open_session(person, customer, device, now)
        })
        .await?;
    Ok(SessionView { token: token.as_str().to_owned() })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SignInBody {
    alias: String,
    /// The code that was sent for `SIGN_IN`.
    code: String,
    pin: String,
    device: DeviceBody,
}

/// Signs in on a device, new or known. A session that the device had before ends.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "account", request_body = SignInBody,
    responses((status = 201, body = SessionView), (status = 400, body = Failure),
        (status = 403, body = Failure))
)]
async fn sign_in(
    State(app): State<App>,
    Json(body): Json<SignInBody>,
) -> Result<(StatusCode, Json<SessionView>), Failure> {
    let edge = &app.edge;
    let alias = read_alias(&body.alias, "alias", market(edge).await?.country.as_str())?;
    let device = body.device.read()?;
    check_code(edge, &alias, CodePurpose::SignIn, body.code).await?;
    let person = edge.in_vault(move |vault| vault.find_alias(&alias)).await?;
    let unknown = || conflict("NOT_REGISTERED", "alias: it has no account; register first");
    let person = person.ok_or_else(unknown)?;
    let customer = edge.customer_of(person).await?.ok_or_else(unknown)?;
    prove_pin(edge, (person, customer), body.pin).await?;
    let view = open_session(edge, (person, customer), device).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Ends this session.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "account",
    responses((status = 204), (status = 401, body = Failure))
)]
async fn sign_out(State(app): State<App>, signed: Signed) -> Result<StatusCode, Failure> {
    app.edge.in_vault(move |vault| vault.revoke_session(&signed.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PinBody {
    pin: String,
}

#[derive(Serialize, ToSchema)]
struct SteppedUpView {
    /// Until then this session moves money.
    until: String,
}

/// Gives the PIN, so that this session may move money for five minutes.
#[utoipa::path(
    post, path = "/v1/step-up", tag = "account", request_body = PinBody,
    responses((status = 200, body = SteppedUpView), (status = 401, body = Failure),
        (status = 403, body = Failure))
)]
async fn step_up(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<PinBody>,
) -> Result<Json<SteppedUpView>, Failure> {
    let edge = &app.edge;
    prove_pin(edge, (signed.person, signed.customer), body.pin).await?;
    let now = edge.now();
    let (token, device) = (signed.token, signed.device);
    edge.in_vault(move |vault| vault.step_up(&token, device, now, STEPPED_UP_FOR)).await?;
    Ok(Json(SteppedUpView { until: time(now.after(STEPPED_UP_FOR)) }))
}

/// The device that the header names, if it does.
struct NamedDevice(Option<DeviceId>);

impl<S: Send + Sync> FromRequestParts<S> for NamedDevice {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<NamedDevice, Infallible> {
        Ok(NamedDevice(device_of(parts)))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewPinBody {
    alias: String,
    /// The code that was sent for `PIN_RESET`.
    code: String,
    new_pin: String,
}

/// Sets a PIN anew, also a blocked one: with a code, on a device that is bound (`Device-Id`). All
/// sessions end.
#[utoipa::path(
    put, path = "/v1/pin", tag = "account", request_body = NewPinBody,
    responses((status = 204), (status = 400, body = Failure), (status = 403, body = Failure))
)]
async fn set_pin(
    State(app): State<App>,
    NamedDevice(device): NamedDevice,
    Json(body): Json<NewPinBody>,
) -> Result<StatusCode, Failure> {
    let edge = &app.edge;
    let alias = read_alias(&body.alias, "alias", market(edge).await?.country.as_str())?;
    if let Some(refusal) = pin_refusal(&body.new_pin, None) {
        return Err(Failure::illegal(format!("newPin: {refusal}; choose another")));
    }
    check_code(edge, &alias, CodePurpose::PinReset, body.code).await?;
    let bound = edge
        .in_vault(move |vault| {
            let Some(person) = vault.find_alias(&alias)? else { return Ok(None) };
            let mut devices = vault.devices(person)?.into_iter();
            Ok(devices.any(|it| Some(it.id) == device).then_some(person))
        })
        .await?;
    let message = "Device-Id: a PIN is set anew on a device of yours only; ask the wallet's staff";
    let person = bound.ok_or_else(|| forbidden("UNKNOWN_DEVICE", message))?;
    let customer = number_of(edge, person).await?;
    let pin = body.new_pin;
    let set = edge.in_vault(move |vault| vault.set_pin(person, &pin)).await?;
    set.map_err(|refusal| Failure::illegal(format!("newPin: {refusal}; choose another")))?;
    edge.submit(Command::People(PeopleCommand::PassTry { customer })).await?;
    edge.in_vault(move |vault| vault.revoke_all_sessions(person)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeviceView {
    id: String,
    label: String,
    bound_at: String,
    /// Absent: nobody is signed in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    /// It is the one that asks.
    is_current: bool,
}

/// Lists the devices that the customer has signed in on, ten at most.
#[utoipa::path(
    get, path = "/v1/devices", tag = "account",
    responses((status = 200, body = Vec<DeviceView>), (status = 401, body = Failure))
)]
async fn devices(State(app): State<App>, signed: Signed) -> Result<Json<Vec<DeviceView>>, Failure> {
    let person = signed.person;
    let devices = app.edge.in_vault(move |vault| vault.devices(person)).await?;
    let view = |it: vault::Device| DeviceView {
        id: device_text(it.id),
        label: it.label.to_string(),
        bound_at: time(it.bound_at),
        last_seen: it.last_seen.map(time),
        is_current: it.id == signed.device,
    };
    Ok(Json(devices.into_iter().map(view).collect()))
}

/// Takes a device's trust away and ends its session.
#[utoipa::path(
    delete, path = "/v1/devices/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Failure), (status = 404, body = Failure))
)]
async fn forget_device(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let device = read_device(&id).ok_or_else(|| not_found("device"))?;
    let person = signed.person;
    if !app.edge.in_vault(move |vault| vault.unbind_device(person, device)).await? {
        return Err(not_found("device"));
    }
    Ok(StatusCode::NO_CONTENT)
}
