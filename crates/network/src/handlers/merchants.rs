//! `registration` of merchants and stores, and what wallets decide about them.

use crate::machine::{Context, Network, name_kind, name_of};
use crate::{DecideMerchant, Event, Message, Refusal, RegisterMerchant, Reply};
use base::{ResultCode, Row, Span, encode};
use directory::{
    Approval, Merchant, MerchantKey, Participant, Product, Registration, Role, StoreText,
};
use ids::{ParticipantId, Partition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An update has to wait this long while wallets still review. Source: acquirer interface 2.10.
const UPDATE_LOCK: Span = Span::minutes(30);
/// Stores of one merchant.
const MAX_STORES: usize = 100_000;

impl Network {
    pub(crate) fn register_merchant(
        &mut self,
        cx: &mut Context<'_>,
        it: RegisterMerchant,
    ) -> Result<Reply, Refusal> {
        let acquirer = self.active(it.acquirer)?;
        if acquirer.role != Role::Acqp {
            return Err(Refusal::new(
                ResultCode::AccessDenied,
                "only acquirers register merchants",
            ));
        }
        let name = name_of(name_kind::REGISTRATION, it.acquirer, it.request_id.as_str());
        let content = encode(&it);
        if let Some(stored) = cx.history.name(&name) {
            if stored == content {
                return Ok(Reply::Done);
            }
            return Err(Refusal::new(
                ResultCode::RepeatReqInconsistent,
                "registrationRequestId: was used before with other content",
            ));
        }
        let key = MerchantKey { acquirer: it.acquirer, reference: it.reference.clone() };
        let before = self.directory.merchant(&key).cloned();
        self.check_registration(cx, &it, before.as_deref())?;
        // From here the command succeeds.
        let mut stores = before.as_ref().map_or_else(BTreeMap::new, |m| m.stores.clone());
        let store = it.store.as_ref().map(|store| store.reference.clone());
        if let Some(store) = it.store {
            stores.insert(store.reference.clone(), store);
        }
        let mut approvals = before.as_ref().map_or_else(BTreeMap::new, |m| m.approvals.clone());
        for mpp in self.directory.participants() {
            if mpp.role == Role::Mpp && mpp.contract.approves_merchants {
                approvals.entry(mpp.id).or_insert(Approval::Pending);
            }
        }
        let merchant = Merchant {
            acquirer: it.acquirer,
            reference: it.reference,
            name: it.name,
            display_name: it.display_name,
            mcc: it.mcc,
            country: it.country,
            city: it.city,
            products: it.products,
            stores,
            approvals,
            legal: it.legal,
            notify_url: it.notify_url,
            registration: Registration { request_id: it.request_id, at: cx.now() },
        };
        self.report_merchant(cx, &merchant, store);
        self.directory.put_merchant(merchant);
        cx.rows.push(Row::Name { name, value: content });
        cx.events.push(Event::DirectoryChanged);
        Ok(Reply::Done)
    }

    /// Tells the wallets that want to hear of merchants. Every partition holds the merchant; the
    /// first one tells of it.
    fn report_merchant(
        &mut self,
        cx: &mut Context<'_>,
        merchant: &Merchant,
        store: Option<StoreText>,
    ) {
        if self.plan.partition != Partition(0) {
            return;
        }
        let wants = |it: &&Arc<Participant>| {
            it.role == Role::Mpp && it.is_active() && it.endpoints.registration.is_some()
        };
        let wallets: Vec<ParticipantId> =
            self.directory.participants().filter(wants).map(|it| it.id).collect();
        let merchant = Arc::new(merchant.clone());
        for mpp in wallets {
            let (merchant, store) = (Arc::clone(&merchant), store.clone());
            self.send_out(cx, mpp, Message::Registration { merchant, store });
        }
    }

    fn check_registration(
        &self,
        cx: &Context<'_>,
        it: &RegisterMerchant,
        before: Option<&Merchant>,
    ) -> Result<(), Refusal> {
        if it.products.is_empty() {
            return Err(Refusal::new(
                ResultCode::ParamIllegal,
                "productCodes: name at least one product",
            ));
        }
        if it.products.contains(&Product::InStorePayment)
            && it.store.is_none()
            && before.is_none_or(|merchant| merchant.stores.is_empty())
        {
            return Err(Refusal::new(
                ResultCode::ParamIllegal,
                "storeInfo: required for IN_STORE_PAYMENT",
            ));
        }
        let Some(before) = before else { return Ok(()) };
        if before.stores.len() >= MAX_STORES {
            return Err(Refusal::new(ResultCode::ProcessFail, "storeInfo: too many stores"));
        }
        let is_new_store =
            it.store.as_ref().is_some_and(|s| !before.stores.contains_key(&s.reference));
        let is_under_review = before.approvals.values().any(|a| *a == Approval::Pending);
        let is_recent = cx.now().since(before.registration.at) < UPDATE_LOCK;
        if is_under_review && is_recent && !is_new_store {
            return Err(Refusal::new(
                ResultCode::RegistrationUnderReview,
                "an earlier registration is still reviewed; wait for its result",
            ));
        }
        Ok(())
    }

    pub(crate) fn decide_merchant(
        &mut self,
        cx: &mut Context<'_>,
        it: DecideMerchant,
    ) -> Result<Reply, Refusal> {
        let is_mpp = self.directory.participant(it.mpp).is_some_and(|p| p.role == Role::Mpp);
        let before = self.directory.merchant(&it.merchant).cloned();
        if !is_mpp || !self.directory.set_approval(&it.merchant, it.mpp, it.approval) {
            return Err(Refusal::new(
                ResultCode::RecordNotFound,
                "merchant: no such merchant, or no such wallet",
            ));
        }
        let merchant = self.directory.merchant(&it.merchant).cloned();
        let news = merchant.filter(|merchant| {
            let mut is_new =
                before.as_ref().is_none_or(|before| before.approvals != merchant.approvals);
            if base::planted(45) {
                is_new = before.is_none_or(|before| !before.approvals.contains_key(&it.mpp));
            }
            let acquirer = self.directory.participant(merchant.acquirer);
            let listens = acquirer.is_some_and(|it| it.endpoints.registration.is_some());
            let is_heard = listens || merchant.notify_url.is_some();
            is_new && is_heard && self.plan.partition == Partition(0)
        });
        if let Some(merchant) = news {
            self.send_out(cx, merchant.acquirer, Message::RegistrationStatus(merchant));
        }
        cx.events.push(Event::DirectoryChanged);
        Ok(Reply::Done)
    }
}
