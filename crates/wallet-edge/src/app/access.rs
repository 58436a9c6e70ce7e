//! Who asks: the session of a request, and whether the PIN was given a short while ago.

use super::failure::{Failure, forbidden, unauthorized};
use crate::Edge;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use base::Span;
use ids::PersonId;
use std::sync::Arc;
use vault::{DeviceId, Session};
use wallet::Command;
use wallet::command::people::PeopleCommand;

/// How long a PIN that was given is good for moving money.
pub(crate) const STEPPED_UP_FOR: Span = Span::minutes(5);

/// A device's name is 32 hexadecimal digits, drawn by the app when it is set up.
pub(super) fn read_device(text: &str) -> Option<DeviceId> {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if text.len() != 32 || !text.bytes().all(is_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(DeviceId)
}

pub(super) fn device_text(device: DeviceId) -> String {
    format!("{:032x}", device.0)
}

/// The device that the header names.
pub(super) fn device_of(parts: &Parts) -> Option<DeviceId> {
    read_device(parts.headers.get("device-id")?.to_str().ok()?)
}

/// A customer who has signed in on this device.
pub(super) struct Signed {
    pub person: PersonId,
    pub customer: u32,
    pub device: DeviceId,
    pub token: String,
    pub session: Session,
}

/// Whose request it is, however it was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub person: PersonId,
    pub customer: u32,
}

impl Signed {
    pub fn who(&self) -> Who {
        Who { person: self.person, customer: self.customer }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed
where
    Arc<Edge>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Signed, Failure> {
        let edge: Arc<Edge> = FromRef::from_ref(state);
        let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
        let (Some(token), Some(device)) = (token.map(str::to_owned), device_of(parts)) else {
            return Err(unauthorized());
        };
        let (asked, now) = (token.clone(), edge.now());
        let found = edge.in_vault(move |vault| vault.check_session(&asked, device, now)).await?;
        let session = found.ok_or_else(unauthorized)?;
        let (person, customer) = (session.person, session.customer);
        Ok(Signed { person, customer, device, token, session })
    }
}

/// As [`Signed`], and the PIN was given within [`STEPPED_UP_FOR`].
pub(super) struct SteppedUp(pub Signed);

impl<S: Send + Sync> FromRequestParts<S> for SteppedUp
where
    Arc<Edge>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<SteppedUp, Failure> {
        let signed = Signed::from_request_parts(parts, state).await?;
        let edge: Arc<Edge> = FromRef::from_ref(state);
        if !signed.session.is_stepped_up(edge.now()) {
            let message = "the PIN was not given a short while ago; POST /v1/step-up, then repeat";
            return Err(forbidden("STEP_UP_REQUIRED", message));
        }
        Ok(SteppedUp(signed))
    }
}

/// Looks at a PIN. The try is counted before, durably, so that tries at once all count.
pub(crate) async fn prove_pin(
    edge: &Edge,
    (person, customer): (PersonId, u32),
    pin: String,
) -> Result<(), Failure> {
    edge.submit(Command::People(PeopleCommand::TakeTry { customer })).await?;
    if !edge.in_vault(move |vault| vault.check_pin(person, &pin)).await? {
        return Err(forbidden("PIN_WRONG", "pin: it is wrong; too many wrong ones make you wait"));
    }
    edge.submit(Command::People(PeopleCommand::PassTry { customer })).await?;
    Ok(())
}
