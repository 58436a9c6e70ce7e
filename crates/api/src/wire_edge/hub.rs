//! Those who wait for a payment to move, by the payment's id.

use effects::Partitions;
use ids::{Partition, PaymentId};
use network::{Event, Network, Payment};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use tokio::sync::watch;
use tokio::time::Instant;

/// What is seen of one payment: nothing until it moves.
type Seen = Option<Arc<Payment>>;

/// All waiting requests of this process; cheap to clone.
#[derive(Clone)]
pub struct PaymentHub {
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_payment: Mutex<HashMap<PaymentId, watch::Sender<Seen>>>,
}

impl PaymentHub {
    /// Watches the events of all partitions until the engines stop. Call it inside a runtime;
    /// `None` when an engine has stopped already.
    pub fn open(partitions: &Partitions) -> Option<PaymentHub> {
        let hub = PaymentHub { waiting: Arc::default() };
        for partition in partitions.all() {
            let events = partitions.engine(partition)?.subscribe()?;
            let waiting = Arc::downgrade(&hub.waiting);
            tokio::spawn(watch_partition(waiting, partitions.clone(), partition, events));
        }
        Some(hub)
    }

    /// Begins to wait; what moves from now on is seen.
    pub(crate) fn register(&self, id: PaymentId) -> Waiter {
        let mut by_payment = self.waiting.lock();
        let sender = by_payment.entry(id).or_insert_with(|| watch::Sender::new(None));
        Waiter { receiver: sender.subscribe(), id, waiting: Arc::clone(&self.waiting) }
    }

    /// How many payments are waited for.
    pub fn count(&self) -> usize {
        self.waiting.lock().len()
    }
}

impl Waiting {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PaymentId, watch::Sender<Seen>>> {
        self.by_payment.lock().expect("nothing panics while waiters are looked up")
    }

    fn tell(&self, payment: &Arc<Payment>) {
        if let Some(sender) = self.lock().get(&payment.id) {
            sender.send_replace(Some(Arc::clone(payment)));
        }
    }

    /// Events were missed: asks the state for everything that is waited for.
    async fn catch_up(&self, partitions: &Partitions, partition: Partition) {
        let here = |id: &&PaymentId| id.partition() == partition;
        let ids: Vec<PaymentId> = self.lock().keys().filter(here).copied().collect();
        let look = move |machine: &Network, history: &dyn base::History, _| {
            let found = ids.iter().filter_map(|id| machine.payment(history, *id));
            found.collect::<Vec<Arc<Payment>>>()
        };
        match partitions.read(partition, look).await {
            Ok(payments) => payments.iter().for_each(|payment| self.tell(payment)),
            // Those who wait run into their deadline and are told so.
            Err(error) => tracing::warn!(%error, "cannot catch up with missed events"),
        }
    }
}

async fn watch_partition(
    waiting: Weak<Waiting>,
    partitions: Partitions,
    partition: Partition,
    mut events: engine::Events<Network>,
) {
    while let Some(seen) = events.next().await {
        let Some(waiting) = waiting.upgrade() else { return };
        match seen {
            Ok(seen) => {
                for (_, event) in &seen {
                    match event {
                        Event::PaymentMoved(payment) => waiting.tell(payment),
                        Event::Break { payment, kind } => {
                            metrics::counter!("dhow_breaks_total").increment(1);
                            tracing::error!(payment = %payment.id, ?kind, "a wallet contradicts");
                        }
                        Event::Alert { payment, what } => {
                            metrics::counter!("dhow_alerts_total").increment(1);
                            tracing::warn!(payment = %payment.id, what, "somebody should look");
                        }
                        Event::ErrandGivenUp(errand) => {
                            let (number, to) = (errand.id.number, errand.to.0);
                            tracing::warn!(errand = number, to, "a message was given up");
                            metrics::counter!("dhow_errands_given_up_total").increment(1);
                        }
                        Event::DirectoryChanged | Event::RatesChanged => {}
                    }
                }
            }
            Err(_) => waiting.catch_up(&partitions, partition).await,
        }
    }
}

/// One waiting request.
pub(crate) struct Waiter {
    receiver: watch::Receiver<Seen>,
    id: PaymentId,
    waiting: Arc<Waiting>,
}

impl Waiter {
    /// The payment as soon as it is as wished; `None` when it is not in time.
    pub(crate) async fn until(
        &mut self,
        deadline: Instant,
        is_wished: impl Fn(&Payment) -> bool,
    ) -> Option<Arc<Payment>> {
        let wished = self.receiver.wait_for(|seen| seen.as_deref().is_some_and(&is_wished));
        let seen = tokio::time::timeout_at(deadline, wished).await.ok()?.ok()?;
        seen.as_ref().map(Arc::clone)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut by_payment = self.waiting.lock();
        let is_last = |sender: &watch::Sender<Seen>| sender.receiver_count() <= 1;
        if by_payment.get(&self.id).is_some_and(is_last) {
            by_payment.remove(&self.id);
        }
    }
}
