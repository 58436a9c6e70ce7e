//! Customs declarations: made and changed by acquirers, filed by the operator.

use crate::declaration::MAX_DECLARATIONS;
use crate::machine::{Context, Named, Network, name_kind, name_of};
use crate::{
    Declaration, DeclarationState, Declare, Found, Payment, PaymentRef, Refusal, Reply,
    SetDeclaration,
};
use base::{ResultCode, Row, encode};
use ids::ParticipantId;
use std::sync::Arc;

/// The list in history that holds an acquirer's declared payments, by time.
pub(crate) fn declared_list(acquirer: ParticipantId) -> Vec<u8> {
    name_of(b'C', acquirer, "")
}

fn refuse<T>(code: ResultCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Network {
    /// `declare`.
    pub(crate) fn declare(&mut self, cx: &mut Context<'_>, it: Declare) -> Result<Reply, Refusal> {
        self.active(it.acquirer)?;
        let reference = PaymentRef { request_id: Some(it.payment), id: None };
        let Found::Payment(payment) = self.find(cx.history, it.acquirer, &reference) else {
            return refuse(ResultCode::OrderNotExist, "paymentRequestId: no such payment");
        };
        let name = name_of(name_kind::DECLARATION, it.acquirer, it.request_id.as_str());
        let before = match self.named(cx.history, &name) {
            Some(Named::Declaration(id, _)) if id != payment.id => {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "customsDeclarationRequestId: was used for another payment",
                );
            }
            Some(Named::Declaration(_, number)) => Some(number),
            _ => None,
        };
        let mut payment = payment.as_ref().clone();
        let place = before.map_or(payment.declarations.len(), |number| number as usize);
        let declaration = Declaration {
            request_id: it.request_id,
            content: it.content,
            state: DeclarationState::Waiting,
            modified: cx.stamp,
        };
        check(&payment, place, &declaration)?;
        let known = payment.declarations.get(place);
        if known.is_some_and(|known| known.content == declaration.content) {
            let number = u32::try_from(place).expect("at most MAX_DECLARATIONS");
            return Ok(Reply::Declared { payment: Arc::new(payment), number });
        }
        // From here the command succeeds.
        let number = u32::try_from(place).expect("at most MAX_DECLARATIONS");
        match payment.declarations.get_mut(place) {
            Some(known) => *known = declaration,
            None => {
                let value = encode(&Named::Declaration(payment.id, number));
                cx.rows.push(Row::Name { name, value });
                if place == 0 {
                    let (list, id) = (declared_list(payment.acquirer), payment.id.as_u128());
                    cx.rows.push(Row::Listed { list, id });
                }
                payment.declarations.push(declaration);
            }
        }
        Ok(Reply::Declared { payment: self.keep(cx, payment), number })
    }

    /// What the operator learnt from the customs office.
    pub(crate) fn set_declaration(
        &mut self,
        cx: &mut Context<'_>,
        it: SetDeclaration,
    ) -> Result<Reply, Refusal> {
        let found = self.find_declaration(cx.history, it.acquirer, &it.request_id);
        let Some((payment, number)) = found else {
            return refuse(ResultCode::RecordNotFound, "declaration: no such declaration");
        };
        let mut payment = payment.as_ref().clone();
        let declaration = &mut payment.declarations[number as usize];
        declaration.state = it.state;
        declaration.modified = cx.stamp;
        Ok(Reply::Declared { payment: self.keep(cx, payment), number })
    }
}

fn check(payment: &Payment, place: usize, it: &Declaration) -> Result<(), Refusal> {
    let Some(whole) = payment.customs_amount() else {
        return refuse(
            ResultCode::BusinessNotSupport,
            "paymentRequestId: only what was paid in CNY is declared",
        );
    };
    let amount = it.content.amount;
    if amount.currency() != whole.currency() {
        return refuse(ResultCode::CurrencyNotSupport, "declarationAmount.currency: must be CNY");
    }
    if amount.is_zero() {
        return refuse(ResultCode::ParamIllegal, "declarationAmount.value: must be at least 1");
    }
    if place >= MAX_DECLARATIONS {
        return refuse(ResultCode::ProcessFail, "the payment has too many declarations");
    }
    let others = payment.declarations.iter().enumerate().filter(|(at, _)| *at != place);
    let others: u64 = others.map(|(_, other)| other.content.amount.minor()).sum();
    let others = if base::planted(44) { 0 } else { others };
    if others.saturating_add(amount.minor()) > whole.minor() {
        return refuse(
            ResultCode::ParamIllegal,
            "declarationAmount.value: the declarations would say more than \
             customsDeclarationAmount",
        );
    }
    Ok(())
}
