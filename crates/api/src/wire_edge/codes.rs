//! `getPaymentCode`: codes for one user of a wallet.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::random;
use base::ResultCode;
use directory::Country;
use effects::Partner;
use network::{Command, IssueCodes, IssuedCode, NewCode, Reply};
use wire::mpp::{GetPaymentCodeRequest, GetPaymentCodeResponse, PaymentCode};
use wire::{Datetime, Text, WireError};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: GetPaymentCodeRequest = wire::parse(body)?;
    let quantity = request.quantity()?;
    let region = match &request.region {
        None => None,
        Some(text) => Some(Country::new(text.as_str()).ok_or_else(|| {
            WireError::new("region", "is not two capital letters", "send ISO 3166-1 alpha-2")
        })?),
    };
    let mpp = caller.participant.id;
    let partitions = door.partitions.count();
    let partition = random::partition(partitions);
    let codes = (0..quantity).map(|_| random::payment_code(partition, partitions));
    let command = Command::IssueCodes(IssueCodes {
        mpp,
        alias: door.aliases.of(mpp, request.customer_id.as_str()),
        customer: request.customer_id,
        region,
        codes: codes.map(|code| NewCode { code }).collect(),
    });
    let (_, reply) = door.partitions.submit(partition, command).await?;
    match reply {
        Reply::Codes(issued) => {
            let mut response = GetPaymentCodeResponse::new(ResultCode::Success.into());
            response.payment_codes = Some(issued.iter().map(code).collect());
            Ok(Answered::new(ResultCode::Success, &response))
        }
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("getPaymentCode"),
    }
}

fn code(issued: &IssuedCode) -> PaymentCode {
    let text = Text::new(&issued.code.to_string()).expect("a code is 24 digits");
    PaymentCode::new(text, Datetime::utc(issued.from), Datetime::utc(issued.until))
}
