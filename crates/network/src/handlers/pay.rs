//! `pay`, in any way: with a code that the merchant scanned, or for an order that a wallet takes up.
//!
//! Checks in order of precedence: participant, idempotency, contract, merchant, expiry, code,
//! wallet, limits, rates, the wallet's cap. A refusal after the idempotency check is recorded: the
//! same id gets it again.

use crate::machine::{Context, Named, Network, name_kind, name_of, scan_of};
use crate::{
    EffectKind, Pay, PayBy, Payer, Payment, PaymentCode, Push, Refusal, Reply, Terms, TokenUse,
    What, posting, region_matches,
};
use base::{ResultCode, Row, Text, Timestamp, encode};
use directory::{Country, Fees, Merchant, MerchantKey, Participant, Product, Reach, Role, Store};
use fx::{Quote, QuoteRequest, Side};
use ids::{ParticipantId, Partition, QuoteId, SetId};
use ledger::Transfer;
use money::{Currency, Money, Rounding, share_bps};
use payment::PaymentState;
use std::sync::Arc;

/// Lists in history: payments by acquirer and by merchant, agreements by acquirer.
pub(crate) fn acquirer_list(acquirer: ParticipantId) -> Vec<u8> {
    name_of(b'A', acquirer, "")
}

pub(crate) fn agreement_list(acquirer: ParticipantId) -> Vec<u8> {
    name_of(b'G', acquirer, "")
}

pub(crate) fn merchant_list(acquirer: ParticipantId, reference: &str) -> Vec<u8> {
    name_of(b'M', acquirer, reference)
}

/// Everything that accepting a payment needs, once all checks have passed.
struct Accepted {
    terms: Terms,
    set: Vec<Transfer>,
}

impl Network {
    pub(crate) fn pay(&mut self, cx: &mut Context<'_>, it: Pay) -> Result<Reply, Refusal> {
        let acquirer = self.active(it.acquirer)?;
        if acquirer.role != Role::Acqp {
            return Err(Refusal::new(
                ResultCode::AccessDenied,
                "only acquirers may ask for payment",
            ));
        }
        let name = name_of(name_kind::PAY, it.acquirer, it.request_id.as_str());
        if let Some(named) = self.named(cx.history, &name) {
            return self.pay_again(cx, named, &it);
        }
        if let Some(payment) = self.scanned_before(cx, &it) {
            return Ok(Reply::Payment { payment, is_repeat: true });
        }
        if self.open.contains(&it.id) {
            return Err(Refusal::new(ResultCode::UnknownException, "id collision; repeat"));
        }
        let settlement =
            it.settlement_currency.unwrap_or_else(|| acquirer.contract.settlement_currencies[0]);
        let payment = new_payment(cx, &it, settlement);
        let merchant_name = it.order.merchant.as_str();
        let id = payment.id.as_u128();
        cx.rows.push(Row::Name { name, value: encode(&Named::Payment(payment.id)) });
        cx.rows.push(Row::Listed { list: acquirer_list(it.acquirer), id });
        cx.rows.push(Row::Listed { list: merchant_list(it.acquirer, merchant_name), id });

        if let Err(refusal) = self.check_request(cx, &acquirer, &payment, it.expiry) {
            return Ok(self.refuse(cx, payment, refusal));
        }
        let text = match &it.by {
            PayBy::Order(_) => return Ok(self.present(cx, payment)),
            PayBy::Token(token) => return Ok(self.debit(cx, payment, *token)),
            PayBy::Code(text) => text,
        };
        let Some(code) = PaymentCode::parse(text.as_str()) else {
            let refusal = Refusal::new(
                ResultCode::InvalidCode,
                "paymentMethod.paymentMethodId: not a payment code of this network; scan again",
            );
            return Ok(self.refuse(cx, payment, refusal));
        };
        if code.partition(self.plan.partitions) != self.plan.partition {
            return Ok(self.claim_elsewhere(cx, payment));
        }
        match self.spend_code(cx, code, payment.id) {
            Ok(payer) => Ok(self.pay_with(cx, payment, payer)),
            Err(refusal) => Ok(self.refuse(cx, payment, refusal)),
        }
    }

    /// The order that this user sees already, having scanned the same code in push mode.
    fn scanned_before(&self, cx: &Context<'_>, it: &Pay) -> Option<Arc<Payment>> {
        let id = *self.scans.get(&scan_of(it.push.as_ref()?, it.amount))?;
        self.load(cx.history, id).filter(|_| !base::planted(52))
    }

    /// Asks the partition where the payer's code or agreement lives.
    fn claim_elsewhere(&mut self, cx: &mut Context<'_>, mut payment: Payment) -> Reply {
        let lane = payment.acquirer;
        payment.state = PaymentState::Claiming;
        self.wish(cx, &mut payment, EffectKind::Claim, lane);
        self.timers.insert((payment.expiry, crate::machine::Timer::Expiry(payment.id)));
        Reply::Payment { payment: self.keep(cx, payment), is_repeat: false }
    }

    /// Debits under an agreement.
    fn debit(&mut self, cx: &mut Context<'_>, mut payment: Payment, token: TokenUse) -> Reply {
        if token.agreement.partition() != self.plan.partition {
            return self.claim_elsewhere(cx, payment);
        }
        match self.begin_debit(cx, &payment.debit(token)) {
            Ok(payer) => {
                payment.holds_allowance = true;
                self.pay_with(cx, payment, payer)
            }
            Err(refusal) => self.refuse(cx, payment, refusal),
        }
    }

    /// The request id was seen before: same content gets the stored payment, other content is
    /// refused.
    fn pay_again(
        &mut self,
        cx: &mut Context<'_>,
        named: Named,
        it: &Pay,
    ) -> Result<Reply, Refusal> {
        let id = match named {
            Named::Payment(id) => id,
            Named::Tombstone => {
                return Err(Refusal::new(
                    ResultCode::OrderIsClosed,
                    "paymentRequestId: this payment was cancelled before it arrived",
                ));
            }
            Named::Refund(..)
            | Named::Agreement(_)
            | Named::Dispute(..)
            | Named::Declaration(..) => {
                unreachable!("a payment's name stands for nothing else")
            }
        };
        let payment = self.load(cx.history, id).expect("a named payment is open or in history");
        let settlement = it.settlement_currency.unwrap_or(payment.settlement_currency);
        let differs = [
            ("paymentAmount", payment.amount != it.amount),
            ("settlementStrategy.settlementCurrency", payment.settlement_currency != settlement),
            ("paymentMethod.paymentMethodType", payment.method_type != it.method_type),
            ("paymentMethod.paymentMethodId", !is_same_means(&payment.by, &it.by)),
            ("paymentFactor", payment.way != it.way),
        ];
        if let Some((field, _)) = differs.into_iter().find(|(_, differs)| *differs)
            && !base::planted(11)
        {
            return Err(Refusal::new(
                ResultCode::RepeatReqInconsistent,
                format!("{field}: differs from the first request with this paymentRequestId"),
            ));
        }
        Ok(Reply::Payment { payment, is_repeat: true })
    }

    /// Checks that need no payer: contract, currencies, merchant and expiry.
    fn check_request(
        &self,
        cx: &Context<'_>,
        acquirer: &Participant,
        payment: &Payment,
        wished_expiry: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let refuse = |code, message: &'static str| Err(Refusal::new(code, message));
        let contract = &acquirer.contract;
        if !contract.covers_product(payment.way.product()) {
            return refuse(
                ResultCode::BusinessNotSupport,
                "paymentFactor: the contract does not cover this product",
            );
        }
        if !contract.may_order_in(payment.amount.currency()) {
            return refuse(
                ResultCode::CurrencyNotSupport,
                "paymentAmount.currency: not in the acquirer's contract",
            );
        }
        if !contract.settles_in(payment.settlement_currency) {
            return refuse(
                ResultCode::CurrencyNotSupport,
                "settlementStrategy.settlementCurrency: not in the acquirer's contract",
            );
        }
        let Some(merchant) = self.merchant_of(payment) else {
            return refuse(
                ResultCode::MerchantNotRegistered,
                "order.merchant.referenceMerchantId: not registered; call registration first",
            );
        };
        if !merchant.covers_product(payment.way.product()) {
            return refuse(
                ResultCode::MerchantNotRegistered,
                "order.merchant.referenceMerchantId: not registered for this product",
            );
        }
        let store = payment.order.store.as_ref();
        if store.is_some_and(|store| !merchant.stores.contains_key(store)) {
            return refuse(
                ResultCode::MerchantNotRegistered,
                "order.merchant.store.referenceStoreId: not registered; call registration first",
            );
        }
        if contract.blocks_mcc(merchant.mcc) || !contract.covers_country(merchant.country) {
            return refuse(
                ResultCode::BusinessNotSupport,
                "the contract does not cover this merchant's category or country",
            );
        }
        if contract.is_outside_limits(payment.amount, merchant.mcc) {
            return refuse(
                ResultCode::PaymentAmountExceedLimit,
                "paymentAmount: outside the limits of the acquirer's contract",
            );
        }
        if payment.way.is_presented() && !self.has_takers(payment) {
            return refuse(
                ResultCode::UnavailablePaymentMethod,
                "paymentMethod.paymentMethodType: no wallet has this code; send CONNECT_WALLET",
            );
        }
        if wished_expiry.is_some_and(|expiry| expiry <= cx.now()) {
            return refuse(ResultCode::OrderIsClosed, "paymentExpiryTime: lies in the past");
        }
        Ok(())
    }

    /// Is there a wallet that the order's payment method means?
    fn has_takers(&self, payment: &Payment) -> bool {
        let mut wallets = self.directory.participants().filter(|it| it.role == Role::Mpp);
        wallets.any(|mpp| payment.may_be_taken_by(mpp))
    }

    pub(crate) fn merchant_of(&self, payment: &Payment) -> Option<&Arc<Merchant>> {
        let reference = payment.order.merchant.clone();
        self.directory.merchant(&MerchantKey { acquirer: payment.acquirer, reference })
    }

    /// Shows the order's code or page: nobody knows yet who pays.
    fn present(&mut self, cx: &mut Context<'_>, mut payment: Payment) -> Reply {
        // From here the command succeeds.
        payment.state = PaymentState::Presented;
        if !base::planted(28) {
            self.timers.insert((payment.expiry, crate::machine::Timer::Expiry(payment.id)));
        }
        Reply::Payment { payment: self.keep(cx, payment), is_repeat: false }
    }

    /// The code is spent and the payer known: prices the payment and asks the wallet.
    pub(crate) fn pay_with(
        &mut self,
        cx: &mut Context<'_>,
        mut payment: Payment,
        payer: Payer,
    ) -> Reply {
        let mpp_id = payer.mpp;
        payment.payer = Some(payer);
        let terms = match self.reserve(cx, &payment) {
            Ok(terms) => terms,
            Err(refusal) => return self.refuse(cx, payment, refusal),
        };
        // From here the command succeeds.
        payment.terms = Some(terms);
        payment.state = PaymentState::Pending;
        self.timers.insert((payment.expiry, crate::machine::Timer::Expiry(payment.id)));
        self.wish(cx, &mut payment, EffectKind::Pay, mpp_id);
        Reply::Payment { payment: self.keep(cx, payment), is_repeat: false }
    }

    /// Prices a payment whose payer is known and reserves its transfers. Refused, nothing changed.
    pub(crate) fn reserve(
        &mut self,
        cx: &Context<'_>,
        payment: &Payment,
    ) -> Result<Terms, Refusal> {
        let Accepted { terms, set } = self.accept(cx, payment)?;
        let set_id = SetId::from_u128(payment.id.as_u128());
        self.ledger.reserve(set_id, set).map_err(|refusal| {
            Refusal::new(
                ResultCode::UnavailablePaymentMethod,
                format!("the wallet cannot take this payment now: {refusal}"),
            )
        })?;
        Ok(terms)
    }

    /// Checks that need the payer, and the price.
    fn accept(&self, cx: &Context<'_>, payment: &Payment) -> Result<Accepted, Refusal> {
        let payer = payment.payer.as_ref().expect("the caller just set the payer");
        let mpp = self.directory.participant(payer.mpp).expect("codes belong to participants");
        let acquirer = self.directory.participant(payment.acquirer).expect("checked on arrival");
        let merchant = self.merchant_of(payment).expect("checked on arrival");
        let amount = Some(payment.amount);
        let (product, country) = (payment.way.product(), merchant.country);
        let store = payment.order.store.as_ref().and_then(|store| merchant.stores.get(store));
        let merchant_at = Some(merchant.as_ref());
        let check = WalletCheck { amount, product, country, merchant: merchant_at, store };
        check_wallet(mpp, &check)?;
        if !region_matches(payer.region, country) {
            return Err(Refusal::new(
                ResultCode::InvalidCode,
                "paymentMethod.paymentMethodId: the code was made for another region",
            ));
        }

        let settlement_currency = payment.settlement_currency;
        let wallet_currency = mpp.contract.settlement_currencies[0];
        let (pay_to, payment_quote) =
            self.price(cx, payment, wallet_currency, (Side::PayerPays, mpp.contract.markup_bps))?;
        let acquirer_side = (Side::PayeeGets, acquirer.contract.markup_bps);
        let (settlement, settlement_quote) =
            self.price(cx, payment, settlement_currency, acquirer_side)?;

        let reach =
            if mpp.country == merchant.country { Reach::Domestic } else { Reach::CrossBorder };
        let fees = acquirer.contract.fees_for(merchant.mcc, reach, settlement_currency);
        let (interchange, network_fee) = fees_of(settlement, fees)?;
        let terms = Terms {
            pay_to,
            payment_quote,
            settlement,
            settlement_quote,
            interchange,
            network_fee,
            fees,
            reach,
            mcc: merchant.mcc,
            acquirer_contract: acquirer.contract.version,
            mpp_contract: mpp.contract.version,
            refund_returns_interchange: acquirer.contract.refund_returns_interchange,
            refund_returns_network_fee: acquirer.contract.refund_returns_network_fee,
        };
        let set = posting::payment(payment, &terms).map_err(too_large)?;
        Ok(Accepted { terms, set })
    }

    /// The payment's amount in another currency, with the quote that made it.
    fn price(
        &self,
        cx: &Context<'_>,
        payment: &Payment,
        to: Currency,
        side: (Side, u32),
    ) -> Result<(Money, Option<Quote>), Refusal> {
        self.convert(cx, (payment.amount, quote_id(payment, side.0)), to, side)
    }

    /// An amount in another currency, with the quote that made it.
    pub(crate) fn convert(
        &self,
        cx: &Context<'_>,
        (amount, id): (Money, QuoteId),
        to: Currency,
        (side, markup_bps): (Side, u32),
    ) -> Result<(Money, Option<Quote>), Refusal> {
        if amount.currency() == to {
            return Ok((amount, None));
        }
        let request = QuoteRequest {
            id,
            base: amount.currency(),
            quote: to,
            markup_bps,
            side,
            now: cx.now(),
        };
        let quote = self.rates.quote(request, &self.fx_policy);
        let quote = quote.map_err(|refusal| no_rate(&refusal))?;
        let leg = fx::leg(amount, &quote).map_err(too_large)?;
        if leg.target.is_zero() {
            return Err(Refusal::new(
                ResultCode::PaymentAmountExceedLimit,
                "paymentAmount: too small to be converted",
            ));
        }
        Ok((leg.target, Some(quote)))
    }

    /// Records a refusal: the payment is failed from the start, and its id is spent.
    pub(crate) fn refuse(
        &mut self,
        cx: &mut Context<'_>,
        mut payment: Payment,
        refusal: Refusal,
    ) -> Reply {
        payment.state = PaymentState::Failed;
        payment.result = refusal.code;
        payment.message = Text::new(&refusal.message.chars().take(256).collect::<String>()).ok();
        payment.note(cx.stamp, What::Refused(refusal.code));
        if payment.pay_attempts > 0 {
            // Its code was claimed in another partition, and meanwhile the acquirer was told U.
            self.wish_notify(cx, &mut payment);
        }
        Reply::Payment { payment: self.keep(cx, payment), is_repeat: false }
    }
}

/// Does a repeated request mean the same payer? The code of an order is drawn anew for each
/// request; the first one stays.
fn is_same_means(one: &PayBy, other: &PayBy) -> bool {
    matches!((one, other), (PayBy::Order(_), PayBy::Order(_))) || one == other
}

fn too_large(_: money::MoneyError) -> Refusal {
    Refusal::new(ResultCode::PaymentAmountExceedLimit, "paymentAmount: too large to be converted")
}

/// Quotes of a payment are named after it: first the payer's side, then the payee's.
fn quote_id(payment: &Payment, side: Side) -> QuoteId {
    let ordinal = match side {
        Side::PayerPays => 1,
        Side::PayeeGets => 2,
    };
    QuoteId::from_u128(payment.id.as_u128() ^ ordinal)
}

/// What a wallet's contract is held against.
pub(crate) struct WalletCheck<'a> {
    /// Absent when it is not known yet.
    pub amount: Option<Money>,
    pub product: Product,
    pub country: Country,
    /// Absent when it is not known yet.
    pub merchant: Option<&'a Merchant>,
    pub store: Option<&'a Store>,
}

/// May this wallet pay here at all?
pub(crate) fn check_wallet(mpp: &Participant, it: &WalletCheck<'_>) -> Result<(), Refusal> {
    let refuse = |code, message: &'static str| Err(Refusal::new(code, message));
    if !mpp.is_active() {
        return refuse(ResultCode::UnavailablePaymentMethod, "the wallet is suspended");
    }
    let contract = &mpp.contract;
    if !contract.covers_country(it.country)
        || !contract.covers_product(it.product)
        || it.merchant.is_some_and(|merchant| contract.blocks_mcc(merchant.mcc))
    {
        return refuse(
            ResultCode::BusinessNotSupport,
            "the wallet's contract does not cover this place, product or category",
        );
    }
    let Some(merchant) = it.merchant else { return Ok(()) };
    if !merchant.is_approved_for(mpp.id, contract.approves_merchants) {
        return refuse(
            ResultCode::MerchantNotRegistered,
            "order.merchant: not approved by this wallet",
        );
    }
    if it.store.is_some_and(|store| !store.takes(mpp.id)) {
        return refuse(
            ResultCode::UnavailablePaymentMethod,
            "order.merchant.store: the store does not take this wallet",
        );
    }
    if it.amount.is_some_and(|amount| contract.is_outside_limits(amount, merchant.mcc)) {
        return refuse(
            ResultCode::PaymentAmountExceedLimit,
            "paymentAmount: outside the limits of the wallet's contract",
        );
    }
    Ok(())
}

/// The rate between two currencies now, for people to look at.
pub(crate) fn quote_for(
    network: &Network,
    (base, quote): (Currency, Currency),
    (side, markup_bps): (Side, u32),
    now: Timestamp,
) -> Result<Quote, Refusal> {
    let request = QuoteRequest { id: QuoteId::from_u128(0), base, quote, markup_bps, side, now };
    network.rates.quote(request, &network.fx_policy).map_err(|refusal| no_rate(&refusal))
}

fn no_rate(refusal: &impl std::fmt::Display) -> Refusal {
    Refusal::new(ResultCode::CurrencyNotSupport, format!("no exchange rate: {refusal}"))
}

/// Interchange and network fee; together never more than the amount, so that the net is never
/// negative.
fn fees_of(settlement: Money, fees: Fees) -> Result<(Money, Money), Refusal> {
    let fee = |bps, fixed_minor: u64, left: u64| {
        let share = share_bps(settlement, bps, Rounding::HalfEven).map_err(too_large)?;
        let minor = share.minor().saturating_add(fixed_minor).min(left);
        Money::new(minor, settlement.currency()).map_err(too_large)
    };
    let left = settlement.minor();
    let interchange = fee(fees.interchange_bps, fees.interchange_fixed_minor, left)?;
    let left = left - interchange.minor();
    Ok((interchange, fee(fees.network_bps, fees.network_fixed_minor, left)?))
}

fn new_payment(cx: &Context<'_>, it: &Pay, settlement_currency: Currency) -> Payment {
    let now = cx.now();
    // A wish that lies in the past is refused by the checks; until then any expiry will do.
    let expiry = it.way.expiry().expiry(now, it.expiry).unwrap_or(now);
    let mut payment = Payment {
        id: it.id,
        acquirer: it.acquirer,
        request_id: it.request_id.clone(),
        created: cx.stamp,
        state: PaymentState::Pending,
        result: ResultCode::PaymentInProcess,
        message: None,
        way: it.way,
        order: it.order.clone(),
        amount: it.amount,
        settlement_currency,
        method_type: it.method_type.clone(),
        by: it.by.clone(),
        expiry,
        notify_url: it.notify_url.clone(),
        redirect_url: it.redirect_url.clone(),
        payer: None,
        terms: None,
        paid_at: None,
        wallet_payment_id: None,
        pay_attempts: 0,
        inquiries: 0,
        cancels: 0,
        is_cancelled_by_acquirer: false,
        holds_allowance: false,
        is_reversed: false,
        refunds: Vec::new(),
        notify: None,
        notifies: 0,
        timeline: Vec::with_capacity(4),
        wallet_timer: None,
        disputes: Vec::new(),
        declarations: Vec::new(),
        push: it.push.clone().map(Push::new),
    };
    payment.note(cx.stamp, crate::What::Received);
    payment
}

/// The partition that a request id belongs to: all requests with the id meet there.
pub fn partition_of_request(
    acquirer: ParticipantId,
    request_id: &str,
    partitions: u8,
) -> Partition {
    let start = <u64 as base::Key>::mix(u64::from(acquirer.0));
    let hash = request_id
        .bytes()
        .fold(start, |hash, byte| <u64 as base::Key>::mix(hash ^ u64::from(byte)));
    let number = hash % u64::from(partitions.max(1));
    Partition(u8::try_from(number).expect("a remainder of at most 255"))
}
