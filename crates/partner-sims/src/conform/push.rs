//! A run against an acquirer in push mode: a code of its country means a shop and no order; what
//! a wallet has paid is pushed, and is taken or refused once and for good.

use super::acquirer::{Acquirer, LONG, SHORT};
use super::listen::Listener;
use super::peer::Signing;
use super::report::Rule;
use super::rules::acquirer as rules;
use super::run::{Fault, Finding, broken, refuses, skipped, succeeds, told};
use super::wallet_checks::with_new_fields;
use base::{ResultCode, ResultStatus};
use money::Money;
use std::time::Duration;
use tokio::net::TcpListener;
use wire::acqp::{
    InquiryPushPaymentRequest, NotifyPushPaymentRequest, PushPaymentRequest, PushPaymentResponse,
};
use wire::parts::{Id, Merchant, Order};
use wire::{Amount, Datetime, Label, Opaque, ResultOnly, paths};

/// Codes with which a bare refusal of the call is one of the payment. Source: `docs/protocol.md`.
const REFUSALS: [ResultCode; 5] = [
    ResultCode::RiskReject,
    ResultCode::MerchantKybNotQualified,
    ResultCode::OrderIsClosed,
    ResultCode::ExpiredCode,
    ResultCode::InvalidCode,
];

/// What a run in push mode needs to know beyond [`AcquirerTrial`](super::AcquirerTrial).
#[derive(Debug)]
pub struct PushTrial {
    /// A code of the country at a shop whose payments are taken.
    pub code: Opaque<512>,
    /// Another one whose payments are refused; without it those rules are skipped.
    pub refused_code: Option<Opaque<512>>,
    /// Another one whose payments are left open and decided later; likewise.
    pub late_code: Option<Opaque<512>>,
    /// What is paid by a code that does not say it.
    pub amount: Option<Amount>,
    /// Where the acquirer calls the network; without it nothing is heard of what is decided later.
    pub listener: Option<TcpListener>,
    pub push_path: String,
    pub inquiry_path: String,
    /// The wallet's name in messages.
    pub psp_id: Id,
    /// Between inquiries about a payment that is U, and how many there are.
    pub poll_every: Duration,
    pub polls: u32,
    /// How long `notifyPushPayment` is waited for.
    pub notify_limit: Duration,
}

impl PushTrial {
    /// With the paths of the public documents, and only this code.
    pub fn new(code: Opaque<512>) -> PushTrial {
        PushTrial {
            code,
            refused_code: None,
            late_code: None,
            amount: None,
            listener: None,
            push_path: paths::acquirer::PUSH_PAYMENT.to_string(),
            inquiry_path: paths::acquirer::INQUIRY_PUSH_PAYMENT.to_string(),
            psp_id: Id::new("CONFORM").expect("a short name"),
            poll_every: Duration::from_secs(4),
            polls: 15,
            notify_limit: Duration::from_secs(60),
        }
    }
}

/// What a code of the country means.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sticker {
    code: Opaque<512>,
    merchant: Merchant,
    amount: Amount,
}

/// What the acquirer says of a pushed payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Taken,
    Refused,
    Open,
}

/// A pushed payment and what the acquirer calls it.
#[derive(Clone, Debug)]
struct Pushed {
    request: PushPaymentRequest,
    name: Option<Id>,
}

struct Pusher<'a> {
    acquirer: &'a mut Acquirer,
    trial: PushTrial,
    /// The error is why nothing can be heard.
    listener: Result<Listener, String>,
    next: u32,
    sticker: Option<Sticker>,
    taken: Option<Pushed>,
    refused: Option<Pushed>,
    open: Option<Pushed>,
    /// What `notifyPushPayment` said of the open one.
    told: Option<Word>,
}

/// Tries every rule of push mode.
pub(super) async fn try_rules(acquirer: &mut Acquirer, mut trial: PushTrial) {
    let listener = match trial.listener.take() {
        None => Err("nothing listens for calls of the acquirer".to_string()),
        Some(socket) => {
            Listener::start(socket, &acquirer.trial.peer).map_err(|error| error.to_string())
        }
    };
    let mut pusher = Pusher {
        acquirer,
        trial,
        listener,
        next: 0,
        sticker: None,
        taken: None,
        refused: None,
        open: None,
        told: None,
    };
    pusher.try_strangers().await;
    pusher.try_payments().await;
}

impl Pusher<'_> {
    async fn check(&mut self, rule: &Rule, attempt: impl AsyncFnOnce(&mut Self) -> Finding) {
        let finding = attempt(self).await;
        self.acquirer.run.judge(rule, finding);
    }

    /// The code, and what has to be refused: nothing is taken here.
    async fn try_strangers(&mut self) {
        self.check(&rules::READS_STICKER, Pusher::reads_sticker).await;
        self.check(&rules::READS_STICKER_AGAIN, Pusher::reads_sticker_again).await;
        self.check(&rules::PUSH_REFUSES_BROKEN, Pusher::refuses_broken).await;
        let no_code: &[ResultCode] = &[];
        for (rule, signing, codes) in [
            (&rules::PUSH_DOES_NOTHING_UNSIGNED, Signing::Broken, None),
            (
                &rules::PUSH_REFUSES_OTHER_PATH,
                Signing::OtherPath,
                Some(&[ResultCode::InvalidSignature][..]),
            ),
            (&rules::PUSH_REFUSES_OTHER_KEY, Signing::UnknownVersion, Some(no_code)),
            (&rules::PUSH_REFUSES_ABSENT, Signing::Absent, Some(no_code)),
        ] {
            self.check(rule, async |it: &mut Self| it.is_undone(signing, codes).await).await;
        }
        self.check(&rules::PUSH_REFUSES_NOT_JSON, Pusher::refuses_not_json).await;
        self.check(&rules::PUSH_REFUSES_INCOMPLETE, Pusher::refuses_incomplete).await;
        self.check(&rules::PUSH_REFUSES_FRACTIONS, Pusher::refuses_fractions).await;
        self.check(&rules::KNOWS_NO_PUSH, Pusher::knows_nothing).await;
    }

    async fn try_payments(&mut self) {
        self.check(&rules::TAKES_PUSH, Pusher::takes).await;
        self.check(&rules::TAKES_PUSH_ONCE, Pusher::takes_once).await;
        self.check(&rules::PUSH_READS_NEW_FIELDS, Pusher::reads_new_fields).await;
        self.check(&rules::REFUSES_OTHER_PUSH, Pusher::refuses_other_amount).await;
        self.check(&rules::KNOWS_TAKEN_PUSH, Pusher::knows_taken).await;
        self.check(&rules::REFUSES_PUSH, Pusher::refuses_payment).await;
        self.check(&rules::REFUSES_PUSH_AGAIN, Pusher::refuses_again).await;
        self.check(&rules::KNOWS_REFUSED_PUSH, Pusher::knows_refused).await;
        self.check(&rules::LEAVES_PUSH_OPEN, Pusher::leaves_open).await;
        self.check(&rules::TELLS_PUSH, Pusher::tells).await;
        self.check(&rules::TELLS_PUSH_TRULY, Pusher::tells_truly).await;
    }

    async fn read(&mut self, code: Opaque<512>) -> Finding<(Sticker, Option<Id>)> {
        let answer = self.acquirer.decode(code.clone(), Signing::Good).await?;
        succeeds("the answer", &answer.result)?;
        let Some(order) = answer.order else { return broken("order is missing") };
        let Some(amount) = answer.payment_amount.or(self.trial.amount) else {
            return skipped("the code says no amount, and none was named");
        };
        Ok((Sticker { code, merchant: order.merchant, amount }, answer.payment_request_id))
    }

    async fn reads_sticker(&mut self) -> Finding {
        let (sticker, name) = self.read(self.trial.code.clone()).await?;
        self.sticker = Some(sticker);
        match name {
            Some(_) => broken("it has a paymentRequestId: that is an order, to be paid by pull"),
            None => Ok(()),
        }
    }

    async fn reads_sticker_again(&mut self) -> Finding {
        let first = self.sticker()?;
        let (again, _) = self.read(first.code.clone()).await?;
        if again.merchant != first.merchant {
            return broken("it has another merchant");
        }
        match again.amount == first.amount {
            true => Ok(()),
            false => broken("it has another paymentAmount"),
        }
    }

    fn sticker(&self) -> Finding<Sticker> {
        match &self.sticker {
            Some(sticker) => Ok(sticker.clone()),
            None => skipped("the code of the country was not read"),
        }
    }

    /// A payment that was never pushed, as the network would push it.
    fn new_push(&mut self, sticker: &Sticker) -> Finding<PushPaymentRequest> {
        self.next += 1;
        let now = self.acquirer.trial.peer.clock.now();
        let id = Id::new(&format!("CONFORM-{:x}-{}", now.millis(), self.next));
        let what = Label::new("Conformance check");
        let (Ok(id), Ok(what)) = (id, what) else { return skipped("no id could be made") };
        let Sticker { code, merchant, amount } = sticker.clone();
        let acquirer = self.acquirer.trial.acquirer_id.clone();
        let order = Order::new(id.clone(), what, amount, merchant);
        Ok(PushPaymentRequest {
            order: Some(order),
            payment_amount: Some(amount),
            payment_time: Some(Datetime::utc(now)),
            ..PushPaymentRequest::new(acquirer, self.trial.psp_id.clone(), id, code)
        })
    }

    async fn push(&mut self, body: Vec<u8>, signing: Signing) -> Finding<PushPaymentResponse> {
        let path = &self.trial.push_path;
        let heard = self.acquirer.run.ask_signed(path, body, LONG, signing).await;
        heard.read().map_err(Fault::Broken)
    }

    async fn inquire(
        &mut self,
        about: &PushPaymentRequest,
        name: Option<&Id>,
    ) -> Finding<PushPaymentResponse> {
        let (acquirer, psp) = (about.acquirer_id.clone(), about.psp_id.clone());
        let (code, id) = (about.code_value.clone(), about.payment_id.clone());
        let mut request = InquiryPushPaymentRequest::new(acquirer, psp, code, id);
        request.payment_request_id = name.cloned();
        let (path, body) = (&self.trial.inquiry_path, wire::render(&request));
        let heard = self.acquirer.run.ask(path, body, SHORT).await;
        heard.read().map_err(Fault::Broken)
    }

    async fn refuses_broken(&mut self) -> Finding {
        let request = self.new_push(&self.sticker()?)?;
        let answer = self.push(wire::render(&request), Signing::Broken).await?;
        refuses("the answer", &answer.result, &[ResultCode::InvalidSignature])
    }

    /// The payment is not known; without codes whatever was answered.
    async fn is_undone(&mut self, signing: Signing, codes: Option<&[ResultCode]>) -> Finding {
        let request = self.new_push(&self.sticker()?)?;
        let answer = self.push(wire::render(&request), signing).await;
        if let Some(codes) = codes {
            refuses("the answer", &answer?.result, codes)?;
        }
        self.is_unknown(&request).await
    }

    async fn is_unknown(&mut self, request: &PushPaymentRequest) -> Finding {
        let answer = self.inquire(request, None).await?;
        refuses("the inquiry", &answer.result, &[ResultCode::OrderNotExist])?;
        match answer.payment_result {
            None => Ok(()),
            Some(result) => broken(format!("the inquiry has a paymentResult: {}", told(&result))),
        }
    }

    async fn refuses_body(&mut self, body: Vec<u8>) -> Finding {
        let path = &self.trial.push_path;
        let heard = self.acquirer.run.ask(path, body, LONG).await;
        let answer: ResultOnly = heard.read().map_err(Fault::Broken)?;
        refuses("the answer", &answer.result, &[ResultCode::ParamIllegal])
    }

    async fn refuses_not_json(&mut self) -> Finding {
        self.refuses_body(b"paymentId=1".to_vec()).await
    }

    async fn refuses_incomplete(&mut self) -> Finding {
        let request = self.new_push(&self.sticker()?)?;
        let body = String::from_utf8_lossy(&wire::render(&request)).into_owned();
        // Under another name it is a field that is not known, and the right one is missing.
        self.refuses_body(body.replacen("\"codeValue\":", "\"code\":", 1).into_bytes()).await?;
        self.is_unknown(&request).await
    }

    async fn refuses_fractions(&mut self) -> Finding {
        let request = self.new_push(&self.sticker()?)?;
        let body = String::from_utf8_lossy(&wire::render(&request)).into_owned();
        let (before, amount) = body.split_once("\"paymentAmount\":").unwrap_or((&body, ""));
        let amount = amount.replacen("\"value\":\"", "\"value\":\"0.", 1);
        let body = format!("{before}\"paymentAmount\":{amount}");
        self.refuses_body(body.into_bytes()).await?;
        self.is_unknown(&request).await
    }

    async fn knows_nothing(&mut self) -> Finding {
        let request = self.new_push(&self.sticker()?)?;
        self.is_unknown(&request).await
    }

    /// Pushes a new payment and asks about it until it is decided, or was asked often enough.
    async fn decided(&mut self, sticker: &Sticker) -> Finding<(Pushed, Word)> {
        let request = self.new_push(sticker)?;
        let answer = self.push(wire::render(&request), Signing::Good).await?;
        let (mut word, mut name) = (word(&answer)?, answer.payment_request_id);
        for _ in 0..self.trial.polls {
            if word != Word::Open {
                break;
            }
            tokio::time::sleep(self.trial.poll_every).await;
            let answer = self.inquire(&request, name.as_ref()).await?;
            word = said(&answer)?;
            name = answer.payment_request_id.or(name);
        }
        Ok((Pushed { request, name }, word))
    }

    async fn takes(&mut self) -> Finding {
        let sticker = self.sticker()?;
        let (pushed, word) = self.decided(&sticker).await?;
        is_word(word, Word::Taken)?;
        self.taken = Some(pushed);
        Ok(())
    }

    fn taken(&self) -> Finding<Pushed> {
        match &self.taken {
            Some(pushed) => Ok(pushed.clone()),
            None => skipped("no payment was taken"),
        }
    }

    async fn is_taken_again(&mut self, body: Vec<u8>, first: &Pushed) -> Finding {
        let answer = self.push(body, Signing::Good).await?;
        is_word(word(&answer)?, Word::Taken)?;
        is_named(&answer, first)
    }

    async fn takes_once(&mut self) -> Finding {
        let first = self.taken()?;
        self.is_taken_again(wire::render(&first.request), &first).await
    }

    async fn reads_new_fields(&mut self) -> Finding {
        let first = self.taken()?;
        self.is_taken_again(with_new_fields(&wire::render(&first.request)), &first).await
    }

    async fn refuses_other_amount(&mut self) -> Finding {
        let Pushed { mut request, .. } = self.taken()?;
        let more = request.payment_amount.map(|it| Money::new(it.0.minor() + 1, it.0.currency()));
        let Some(Ok(more)) = more else { return skipped("the amount is the largest there is") };
        request.payment_amount = Some(Amount(more));
        let answer = self.push(wire::render(&request), Signing::Good).await?;
        refuses("the answer", &answer.result, &[ResultCode::RepeatReqInconsistent])
    }

    async fn knows_taken(&mut self) -> Finding {
        let first = self.taken()?;
        let answer = self.inquire(&first.request, first.name.as_ref()).await?;
        is_word(said(&answer)?, Word::Taken)?;
        is_named(&answer, &first)
    }

    async fn refuses_payment(&mut self) -> Finding {
        let Some(code) = self.trial.refused_code.clone() else {
            return skipped("no code whose payments are refused was named");
        };
        let (sticker, _) = self.read(code).await?;
        let (pushed, word) = self.decided(&sticker).await?;
        is_word(word, Word::Refused)?;
        self.refused = Some(pushed);
        Ok(())
    }

    fn refused(&self) -> Finding<Pushed> {
        match &self.refused {
            Some(pushed) => Ok(pushed.clone()),
            None => skipped("no payment was refused"),
        }
    }

    async fn refuses_again(&mut self) -> Finding {
        let Pushed { request, .. } = self.refused()?;
        let answer = self.push(wire::render(&request), Signing::Good).await?;
        is_word(word(&answer)?, Word::Refused)
    }

    async fn knows_refused(&mut self) -> Finding {
        let Pushed { request, name } = self.refused()?;
        let answer = self.inquire(&request, name.as_ref()).await?;
        is_word(said(&answer)?, Word::Refused)
    }

    async fn leaves_open(&mut self) -> Finding {
        let Some(code) = self.trial.late_code.clone() else {
            return skipped("no code whose payments are decided later was named");
        };
        let (sticker, _) = self.read(code).await?;
        let request = self.new_push(&sticker)?;
        let answer = self.push(wire::render(&request), Signing::Good).await?;
        is_word(word(&answer)?, Word::Open)?;
        self.open = Some(Pushed { request, name: answer.payment_request_id });
        Ok(())
    }

    fn open(&self) -> Finding<Pushed> {
        match &self.open {
            Some(pushed) => Ok(pushed.clone()),
            None => skipped("no payment was left open"),
        }
    }

    async fn tells(&mut self) -> Finding {
        let Pushed { request, .. } = self.open()?;
        let listener = match &self.listener {
            Ok(listener) => listener,
            Err(why) => return skipped(why),
        };
        let limit = self.trial.notify_limit;
        let Some(call) = listener.call_about(&request.payment_id, limit).await else {
            return broken(format!("it was not told within {} s", limit.as_secs()));
        };
        self.acquirer.run.hear(&call.path, &call.body);
        if !call.is_signed {
            return broken("the signature of notifyPushPayment does not hold");
        }
        let told: NotifyPushPaymentRequest = wire::parse(&call.body)
            .map_err(|error| Fault::Broken(format!("notifyPushPayment cannot be read: {error}")))?;
        self.told = match told.payment_result.status() {
            ResultStatus::S => Some(Word::Taken),
            ResultStatus::F => Some(Word::Refused),
            ResultStatus::U => return broken("notifyPushPayment says U, which is not final"),
        };
        Ok(())
    }

    async fn tells_truly(&mut self) -> Finding {
        let Some(expected) = self.told else { return skipped("nothing was told") };
        let Pushed { request, name } = self.open()?;
        let answer = self.inquire(&request, name.as_ref()).await?;
        is_word(said(&answer)?, expected)
    }
}

/// What an answer to `pushPayment` says; broken when the network could not use it.
fn word(answer: &PushPaymentResponse) -> Finding<Word> {
    let code = answer.result.code();
    match answer.result.status() {
        ResultStatus::U if code == ResultCode::PaymentInProcess => Ok(Word::Open),
        ResultStatus::F if REFUSALS.contains(&code) => Ok(Word::Refused),
        ResultStatus::S | ResultStatus::F | ResultStatus::U => said(answer),
    }
}

/// What an S with a `paymentResult` says of the payment.
fn said(answer: &PushPaymentResponse) -> Finding<Word> {
    succeeds("the answer", &answer.result)?;
    match answer.payment_result.as_ref().map(|it| it.status()) {
        Some(ResultStatus::S) => Ok(Word::Taken),
        Some(ResultStatus::F) => Ok(Word::Refused),
        Some(ResultStatus::U) => Ok(Word::Open),
        None => broken("result is S without a paymentResult, which says nothing of the payment"),
    }
}

fn is_word(word: Word, expected: Word) -> Finding {
    let sentence = |word: Word| match word {
        Word::Taken => "S: taken",
        Word::Refused => "F: refused",
        Word::Open => "U: not decided",
    };
    match word == expected {
        true => Ok(()),
        false => {
            broken(format!("the payment is {}, expected {}", sentence(word), sentence(expected)))
        }
    }
}

/// The answer has the name that the payment was given, if it was given one.
fn is_named(answer: &PushPaymentResponse, first: &Pushed) -> Finding {
    match first.name.is_none() || answer.payment_request_id == first.name {
        true => Ok(()),
        false => broken("it has another paymentRequestId: was the merchant credited twice?"),
    }
}
