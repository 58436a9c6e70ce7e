//! The bugs that can be planted, and what each of them breaks.

/// A bug planted on purpose. Its number is that of `base::planted` at its place in the product.
#[derive(Clone, Copy, Debug)]
pub struct Plant {
    pub number: u32,
    pub name: &'static str,
    /// What goes wrong, for whom.
    pub breaks: &'static str,
}

const fn plant(number: u32, name: &'static str, breaks: &'static str) -> Plant {
    Plant { number, name, breaks }
}

/// All of them, by number.
#[rustfmt::skip]
pub const PLANTS: &[Plant] = &[
    plant(1, "batches are not synced", "a power cut loses acknowledged payments"),
    plant(2, "a failed sync is tried again", "the second sync lies, and a power cut loses records"),
    plant(3, "a torn tail is not cut", "records follow garbage, and the log ends before them"),
    plant(4, "the directory is not synced", "a new segment vanishes in a power cut"),
    plant(5, "recent names are not kept in memory", "a repeat that comes soon is paid again"),
    plant(6, "replay sees names of later records", "a recovered machine differs from the one that died"),
    plant(7, "the reply leaves before the record is written", "acknowledged commands are not in the log"),
    plant(8, "the machine takes the clock's time, not the record's", "replay has other times than life"),
    plant(9, "the filter forgets names that were just given", "a repeat that comes later is paid again"),
    plant(10, "tombstones are forgotten", "a payment that was cancelled before it came is paid"),
    plant(11, "content is not compared", "the same id with other content is answered as a repeat"),
    plant(12, "a payment is booked twice", "the wallet owes double"),
    plant(13, "open refunds do not count", "refunds together exceed the payment"),
    plant(14, "an approval after expiry is accepted", "the wallet gives the money back, the shop is paid"),
    plant(15, "codes are never used up", "one code pays twice"),
    plant(16, "a cancelled payment is not booked back", "the wallet owes what it gave back"),
    plant(17, "a failed payment keeps its reservation", "caps fill up with nothing"),
    plant(18, "unknown to the wallet counts as declined", "F is told, and the delayed call takes the money"),
    plant(19, "unknown to the wallet counts as cancelled before expiry", "the delayed call takes the money of a closed payment"),
    plant(20, "a failed notification is not tried again", "the acquirer never hears the end"),
    plant(21, "silence counts as declined", "F is told while the money is taken"),
    plant(22, "any wallet may notify about any payment", "a stranger decides how a payment ends"),
    plant(23, "the last refund does not take the residue", "a full refund leaves some units with the network"),
    plant(24, "cancelled payments can be refunded", "the payer gets the money twice"),
    plant(25, "any user may take an order up", "two wallets take money for one order"),
    plant(26, "the secret of an order's code is not compared", "a guessed code opens an order"),
    plant(27, "a closed order can be taken up", "what the shop was told is over is paid"),
    plant(28, "an order's expiry is not armed", "a code that nobody scans is open for ever"),
    plant(29, "a cancelled order can be taken up", "the shop was told that its cancel stands"),
    plant(30, "debits go on under an agreement that has ended", "a user who withdrew is debited"),
    plant(31, "the merchant of a token is not compared", "a shop debits under another's agreement"),
    plant(32, "a failed debit keeps its part of the allowance", "allowances fill up with nothing"),
    plant(33, "the allowance is not held", "a user is debited more than agreed"),
    plant(34, "an access token never expires", "what leaked years ago still debits"),
    plant(35, "messages on their way are forgotten in a restart", "a partner never hears that a token has ended"),
    plant(36, "a message that fails is not tried again", "a partner that was away never hears of it"),
    plant(37, "an ended agreement can be given a token", "the user withdrew, and a late token revives it"),
    plant(38, "any wallet may end any agreement", "a stranger withdraws for the user"),
    plant(39, "a debit that expired keeps its part of the allowance", "allowances fill up with nothing"),
    plant(40, "a debit granted too late is not given back", "allowances fill up with nothing"),
    plant(41, "refunds forget what disputes gave back", "refunds and disputes together exceed the payment"),
    plant(42, "the deadline of a dispute is not armed", "a claim that nobody answers is open for ever"),
    plant(43, "an answer is taken after the end of a dispute", "the money went back, and the wallet is told that it did not"),
    plant(44, "other parts of a declaration do not count", "customs are told of more than was paid"),
    plant(45, "only the first decision about a merchant is told", "an acquirer never hears that a wallet changed its mind"),
    plant(46, "silence accepts all that was claimed, not what is left", "the payer gets more back than was paid"),
    plant(47, "any wallet may dispute any payment", "a stranger claims another user's money"),
    plant(48, "what an acquirer refuses is not undone", "the payer has paid a shop that gets nothing"),
    plant(49, "an acquirer's silence counts as taken", "the shop is credited for what its acquirer never heard of"),
    plant(50, "an acceptance after the end is taken", "the money went back, and the merchant is credited"),
    plant(51, "snapshots forget when an acquirer is to be asked", "after a restart a pushed payment is open for ever"),
    plant(52, "a repeated scan opens a second order", "a user in a hurry pays twice"),
    plant(53, "a pushed payment is booked back twice", "the wallet is owed what it never gave"),
    plant(54, "any acquirer may speak about any pushed payment", "a stranger takes or refuses another's payment"),
    plant(55, "the wallet is not told that a pushed payment is undone", "the payer never gets the money back"),
    plant(56, "a name of another payment is taken", "a refund by that name is of the wrong payment"),
    plant(57, "a transfer that is taken back is given back twice", "the sender of a transfer gains it"),
    plant(58, "what is left of a red packet goes back twice", "its sender gains it"),
    plant(59, "a withdrawal that failed stays counted", "limits fill up with nothing"),
    plant(60, "news of scanned orders are forgotten in a restart", "the network never hears that a customer has paid"),
    plant(61, "what comes back goes to accounts that were closed", "money lies where nobody can reach it"),
    plant(62, "a gift coupon that was used keeps its value", "a shop is paid twice for one coupon"),
    plant(63, "a cancelled payment is not given back", "the customer has paid what the network does not want"),
    plant(64, "savings pay before it is known that the rest can be paid", "a refused payment empties the pool"),
    plant(65, "the name of a network's refund is not remembered", "a refund that is asked for twice is paid twice"),
    plant(66, "a wallet forgets cancels that came first", "the delayed payment takes the customer's money"),
    plant(67, "a bank's silence counts as its refusal", "the bank moved the money, and the customer has it still"),
    plant(68, "the name of a transfer is not remembered", "a customer in a hurry sends twice"),
    plant(69, "the limits of a day and a month are not held", "who has somebody's phone can spend everything"),
    plant(70, "a shop's refund is not written on the sale", "a sale is given back again and again"),
];

#[cfg(test)]
mod tests {
    use super::PLANTS;

    #[test]
    fn every_number_is_used_once_and_in_order() {
        assert!(PLANTS.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert!(PLANTS.len() >= 40);
    }
}
