//! `sendOTP`, `verifyOTP`: the network has the wallet prove that its user is there. Source: wallet
//! interface 2.12.
//!
//! No answer tells whether the user has a phone or an e-mail address: without one, everything is
//! done as with one, and nothing is sent.

use super::agreements::held_agreement;
use super::{Answered, Refused, done};
use crate::edge::Edge;
use base::{ResultCode, Timestamp};
use ids::AgreementId;
use vault::{Alias, CodePurpose, CodeState, Email, Issued};
use wire::mpp::{SendOtpRequest, SendOtpResponse, VerifyOtpRequest, VerifyType};
use wire::{Datetime, ResultOnly, Text};

/// Where the codes of one agreement go.
#[derive(Clone)]
struct Way {
    alias: Alias,
    /// `false`: to nobody. The alias only counts.
    is_real: bool,
    kind: VerifyType,
    agreement: AgreementId,
}

impl Way {
    /// To the user's first number or address of the kind.
    async fn find(
        edge: &Edge,
        (agreement, customer): (AgreementId, u32),
        kind: VerifyType,
    ) -> Result<Way, Refused> {
        let aliases = match edge.person_of(customer).await? {
            Some(person) => edge.in_vault(move |vault| vault.aliases(person)).await?,
            None => Vec::new(),
        };
        let found = aliases.into_iter().find(|alias| match alias {
            Alias::Phone(_) => kind == VerifyType::Mobile,
            Alias::Email(_) => kind == VerifyType::Email,
        });
        let is_real = found.is_some();
        Ok(Way {
            alias: found.map_or_else(|| nobody(customer, kind), Ok)?,
            is_real,
            kind,
            agreement,
        })
    }

    fn purpose(&self) -> CodePurpose {
        CodePurpose::Challenge(self.agreement.as_u128())
    }

    /// Names the code that was made then: only this wallet can make the name, and the next code
    /// has another.
    fn request_id(&self, edge: &Edge, made_at: Timestamp) -> String {
        let (about, made_at) = (self.agreement.as_u128().to_be_bytes(), made_at.nanos());
        let kind = self.kind.as_str().as_bytes();
        let digest = edge.keyed_digest(&[b"otp", &about, kind, &made_at.to_be_bytes()]);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An address that is nobody's. Source: RFC 2606, 2.
fn nobody(customer: u32, kind: VerifyType) -> Result<Alias, Refused> {
    let email = Email::new(&format!("{kind}-{customer}@nobody.invalid"));
    let unsent = |_| Refused::new(ResultCode::UnknownException, "repeat the same request");
    email.map(Alias::Email).map_err(unsent)
}

/// Sends a code to the user of an access token.
pub(super) async fn send(edge: &Edge, it: &SendOtpRequest) -> Answered {
    let (agreement, customer) = held_agreement(edge, it.access_token.as_str()).await?;
    let now = edge.now();
    let (brand, state) = edge
        .read(move |wallet, _, _| {
            let state = wallet.overview(customer, now).map(|it| it.customer.state);
            (wallet.market().brand.clone(), state)
        })
        .await?;
    if !state.is_some_and(|state| state.may_pay()) {
        let message = "the user's account is paused, frozen or closed";
        return Err(Refused::new(ResultCode::UserStatusAbnormal, message));
    }
    let kind = it.verify_type.unwrap_or(VerifyType::Mobile);
    let way = Way::find(edge, (agreement.id, customer), kind).await?;
    let to = way.clone();
    let issued = edge.in_vault(move |vault| vault.issue_code(&to.alias, to.purpose(), now)).await?;
    let code = match issued {
        Issued::Code(code) => code,
        Issued::TooSoon { again_at } | Issued::TooMany { again_at } => {
            let again = Datetime::utc(again_at);
            let message = format!("accessToken: enough codes were sent; ask again at {again}");
            return Err(Refused::new(ResultCode::RequestTrafficExceedLimit, message));
        }
    };
    if way.is_real {
        let merchant = &agreement.merchant;
        let text = format!("{brand}: your code for {merchant} is {}", code.as_str());
        edge.messenger.send(way.alias.as_str(), &text);
    }
    let mut answer = SendOtpResponse::new(ResultCode::Success.into());
    answer.verify_request_id = Text::new(&way.request_id(edge, now)).ok();
    done(&answer)
}

/// Why a code that is named cannot pass, whatever its digits.
fn refusal(state: CodeState) -> Option<Refused> {
    let (code, message) = match state {
        CodeState::Open => return None,
        CodeState::Used => (ResultCode::ExpiredCode, "otpCode: the code was used"),
        CodeState::Late => (ResultCode::ExpiredCode, "otpCode: the code is too old; send another"),
        CodeState::TriedOut => (
            ResultCode::UserPaymentVerificationFailed,
            "otpCode: the code was tried too often; send another",
        ),
    };
    Some(Refused::new(code, message))
}

/// Is this the code that went to the user? Each passes once.
pub(super) async fn verify(edge: &Edge, it: &VerifyOtpRequest) -> Answered {
    let (agreement, customer) = held_agreement(edge, it.access_token.as_str()).await?;
    let now = edge.now();
    for &kind in VerifyType::ALL {
        if it.verify_type.is_some_and(|wanted| wanted != kind) {
            continue;
        }
        let way = Way::find(edge, (agreement.id, customer), kind).await?;
        let to = way.clone();
        let last =
            edge.in_vault(move |vault| vault.last_code(&to.alias, to.purpose(), now)).await?;
        let Some(last) = last else { continue };
        if way.request_id(edge, last.made_at) != it.verify_request_id.as_str() {
            continue;
        }
        if let Some(refused) = refusal(last.state) {
            return Err(refused);
        }
        let given = it.otp_code.clone();
        let is_right = edge
            .in_vault(move |vault| vault.check_code(&way.alias, way.purpose(), given.as_str(), now))
            .await?;
        if is_right {
            return done(&ResultOnly::new(ResultCode::Success.into()));
        }
        let message = "otpCode: it is not the code that was sent";
        return Err(Refused::new(ResultCode::UserPaymentVerificationFailed, message));
    }
    let message = "verifyRequestId: names no code of this token, or one before the last";
    Err(Refused::new(ResultCode::InvalidCode, message))
}
