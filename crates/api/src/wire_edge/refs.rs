//! How an acquirer names a payment, and the partition that the name leads to.
//!
//! A request id leads to the partition of its hash, a payment id to the one it carries. When both
//! are given the payment id leads, since a refund or a cancel is carried out where the payment
//! lives.

use super::door::Door;
use effects::Partner;
use engine::SubmitError;
use ids::{ParticipantId, Partition, PaymentId};
use network::{Found, PaymentRef, partition_of_request};
use wire::acqp::PaymentKey;
use wire::parts::Id;

/// A payment's name and where to ask for it.
pub(crate) struct Named {
    pub partition: Partition,
    pub payment: PaymentRef,
}

/// A text that is no id of this network, or one of a partition that does not exist, becomes an id
/// that no payment ever has: it is answered as any unknown one is.
pub(crate) fn resolve(acquirer: ParticipantId, key: PaymentKey<'_>, partitions: u8) -> Named {
    let home = |request_id: &Id| partition_of_request(acquirer, request_id.as_str(), partitions);
    match key {
        PaymentKey::RequestId(request_id) => Named {
            partition: home(request_id),
            payment: PaymentRef { request_id: Some(request_id.clone()), id: None },
        },
        PaymentKey::PaymentId(payment_id) => {
            let id = known_id(payment_id, partitions).unwrap_or_else(|| nobody(Partition(0)));
            let payment = PaymentRef { request_id: None, id: Some(id) };
            Named { partition: id.partition(), payment }
        }
        PaymentKey::Both { request_id, payment_id } => {
            let id = known_id(payment_id, partitions).unwrap_or_else(|| nobody(home(request_id)));
            let payment = PaymentRef { request_id: Some(request_id.clone()), id: Some(id) };
            Named { partition: id.partition(), payment }
        }
    }
}

/// As [`resolve`], but finds a payment in push mode by the name that its acquirer gave it when it
/// was told of it: such a payment lives where it was opened, not where its name leads to.
pub(crate) async fn locate(
    door: &Door,
    caller: &Partner,
    key: PaymentKey<'_>,
) -> Result<Named, SubmitError> {
    let (acquirer, count) = (caller.participant.id, door.partitions.count());
    let named = resolve(acquirer, key, count);
    let pushes = caller.participant.endpoints.push_payment.is_some();
    if count == 1 || !pushes || !matches!(key, PaymentKey::RequestId(_)) {
        return Ok(named);
    }
    let reference = named.payment.clone();
    let look = move |machine: &network::Network, history: &dyn base::History| {
        let found = machine.find(history, acquirer, &reference);
        (!matches!(found, Found::Missing)).then_some(())
    };
    if let Some((partition, ())) = door.partitions.find(look).await? {
        return Ok(Named { partition, ..named });
    }
    Ok(named)
}

/// The id, if it can be one of this network's.
pub(crate) fn known_id(text: &Id, partitions: u8) -> Option<PaymentId> {
    let id: PaymentId = text.as_str().parse().ok()?;
    (id.partition().0 < partitions).then_some(id)
}

/// An id from 1970, which no edge has drawn.
const fn nobody(partition: Partition) -> PaymentId {
    PaymentId::new(0, partition, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACQUIRER: ParticipantId = ParticipantId(7);

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    #[test]
    fn a_payment_id_leads_to_its_own_partition() {
        let payment = PaymentId::new(1_790_000_000_000, Partition(2), 5);
        let text = id(&payment.to_string());
        let named = resolve(ACQUIRER, PaymentKey::PaymentId(&text), 4);
        assert_eq!((named.partition, named.payment.id), (Partition(2), Some(payment)));
        let request_id = id("R-1");
        let both = PaymentKey::Both { request_id: &request_id, payment_id: &text };
        assert_eq!(resolve(ACQUIRER, both, 4).partition, Partition(2));
    }

    #[test]
    fn what_is_no_id_of_ours_is_nobody() {
        let far = PaymentId::new(1_790_000_000_000, Partition(9), 5).to_string();
        for text in ["P-1", &far, "pay_"] {
            let text = id(text);
            let named = resolve(ACQUIRER, PaymentKey::PaymentId(&text), 4);
            assert_eq!(named.payment.id, Some(nobody(Partition(0))), "{text}");
            let request_id = id("R-1");
            let both = PaymentKey::Both { request_id: &request_id, payment_id: &text };
            let named = resolve(ACQUIRER, both, 4);
            assert_eq!(named.partition, partition_of_request(ACQUIRER, "R-1", 4));
        }
    }
}
