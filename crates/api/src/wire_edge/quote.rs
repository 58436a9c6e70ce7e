//! `inquiryForeignExchangeQuote`: a rate to show; nothing is locked.

use super::answer::{Answered, Outcome};
use super::door::Door;
use super::random;
use base::ResultCode;
use effects::{Partner, wire_quote};
use fx::{QuoteRequest, Side};
use ids::Partition;
use network::Refusal;
use wire::mpp::{InquiryForeignExchangeQuoteRequest, InquiryForeignExchangeQuoteResponse};
use wire::{Api, WireError};

/// The public page prints the path without `/api`, unlike all others; wallets may send either.
const USUAL_FORM: &str = "/aps/api/v1/payments/inquiryForeignExchangeQuote";

/// The interface with this path.
pub(crate) fn from_path(path: &str) -> Option<Api> {
    match path {
        USUAL_FORM => Some(Api::InquiryForeignExchangeQuote),
        _ => Api::from_path(path),
    }
}

/// The rate that a user pays now: so much of `sellCurrency`, which the wallet settles in, for one
/// unit of
/// `buyCurrency`, in which the shop asks for payment; with the wallet's own markup.
pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InquiryForeignExchangeQuoteRequest = wire::parse(body)?;
    if request.sell_currency == request.buy_currency {
        let problem = "is the same as sellCurrency";
        return Err(WireError::new("buyCurrency", problem, "name two currencies").into());
    }
    let now = door.now();
    let asked = QuoteRequest {
        id: random::quote_id(now),
        base: request.buy_currency,
        quote: request.sell_currency,
        markup_bps: caller.participant.contract.markup_bps,
        side: Side::PayerPays,
        now,
    };
    let look = move |machine: &network::Network, _: &dyn base::History, stamp: base::Stamp| {
        // Rates may be newer than this process's clock says.
        let asked = QuoteRequest { now: now.max(stamp.time), ..asked };
        machine.rates().quote(asked, machine.fx_policy())
    };
    let quoted = door.partitions.read(Partition(0), look).await?;
    let quote = quoted.map_err(|refusal| {
        let message =
            format!("sellCurrency, buyCurrency: {refusal}; try later or other currencies");
        Refusal::new(ResultCode::CurrencyNotSupport, message)
    })?;
    let mut response = InquiryForeignExchangeQuoteResponse::new(ResultCode::Success.into());
    response.foreign_exchange_quote = Some(wire_quote(&quote));
    Ok(Answered::new(ResultCode::Success, &response))
}
