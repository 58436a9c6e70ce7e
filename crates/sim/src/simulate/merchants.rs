//! Merchants in this world: acquirers report new ones, wallets decide about them at once, later or
//! never, and change their mind. And what acquirers declare to customs.

use super::acquirer::{acquirer_id, home};
use super::wallet::Standing;
use super::world::World;
use crate::preset::{currency, merchant, text};
use base::Span;
use directory::{Approval, Merchant, MerchantKey, Role};
use ids::ParticipantId;
use money::Money;
use network::{
    Change, Command, DecideMerchant, DeclarationContent, DeclarationState, Declare, SetDeclaration,
};

/// Of the shops that are reported while the world runs.
const NEW_SHOPS: u64 = 6;

impl World {
    /// What wallets need to hear of merchants and to decide about them: said last, so that the
    /// shops of the beginning are known and approved.
    pub fn contracts_about_merchants(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let participants = crate::preset::participants();
        let deciding = |id: ParticipantId| id.0 <= self.profile.deciding;
        for mpp in participants.iter().filter(|it| it.role == Role::Mpp && deciding(it.id)) {
            for shop in crate::preset::merchants() {
                let merchant =
                    MerchantKey { acquirer: shop.acquirer, reference: shop.reference.clone() };
                let approval = Approval::Approved;
                let decision = DecideMerchant { mpp: mpp.id, merchant, approval };
                changes.push(Change::DecideMerchant(decision));
            }
        }
        for mut it in participants {
            it.endpoints.registration = Some(text("https://partner.example/registration"));
            let (participant, endpoints) = (it.id, Box::new(it.endpoints));
            changes.push(Change::SetEndpoints { participant, endpoints });
        }
        changes
    }

    /// An acquirer reports a shop, or that it has changed.
    pub fn report(&mut self) {
        let acquirer = self.dice.index(2);
        let (shop, change) = (self.dice.below(NEW_SHOPS), self.dice.below(4));
        let reference = format!("M-NEW-{shop}");
        let name = format!("Shop {shop} under name {change}");
        let id = acquirer_id(acquirer).0;
        let mut report = merchant(id, &reference, &name, ("5814", "Nara"));
        report.request_id = text(&format!("REG-{reference}-{change}"));
        self.write(Command::RegisterMerchant(report), None, Span::millis(1));
    }

    /// A wallet learns of a merchant.
    pub fn hears_of_merchant(&mut self, to: ParticipantId, merchant: &Merchant) {
        let after = match self.dice.below(4) {
            0 => return,
            1 => Span::millis(self.dice.between(5, 400_000)),
            _ => Span::millis(1),
        };
        let approval = self.draw_approval();
        let decision = DecideMerchant { mpp: to, merchant: merchant.key(), approval };
        self.write(Command::WalletDecides(decision), None, after);
    }

    fn draw_approval(&mut self) -> Approval {
        match self.dice.below(3) {
            0 => Approval::Rejected { reason: text("no papers") },
            _ => Approval::Approved,
        }
    }

    /// Now and then a wallet changes its mind.
    pub fn change_mind(&mut self, mut it: DecideMerchant) {
        if self.dice.per_mille(350) {
            it.approval = self.draw_approval();
            let after = Span::millis(self.dice.between(5, 100_000));
            self.write(Command::WalletDecides(it), None, after);
        }
    }

    /// An acquirer declares a payment in parts, and changes parts; the operator files what it
    /// finds.
    pub fn declare(&mut self) {
        // The wallet that settles in yuan.
        let in_yuan = self.wallets.len() - 1;
        let entries = &self.wallets[in_yuan].entries;
        let is_taken = |id| entries.get(&id).is_some_and(|it| it.standing == Standing::Taken);
        let of = |it: &super::acquirer::Purchase| it.payment.filter(|id| is_taken(*id));
        let paid: Vec<(usize, u64)> = self
            .purchases
            .iter()
            .enumerate()
            .filter_map(|(place, it)| Some((place, entries[&of(it)?].pay_to.minor())))
            .collect();
        if paid.is_empty() {
            return;
        }
        let newest = self.dice.index(paid.len().min(4));
        let (place, whole) = paid[paid.len() - 1 - newest];
        let minor = match self.dice.below(5) {
            0 => whole,
            1 => whole + 1,
            _ => self.dice.between(1, whole.div_ceil(2)),
        };
        let Ok(amount) = Money::new(minor, currency("CNY")) else { return };
        let request_id = text(&format!("C-{place}-{}", self.dice.below(4)));
        let acquirer = acquirer_id(self.purchases[place].acquirer);
        let partition = home(&self.purchases[place], self.profile.partitions);
        let content = DeclarationContent {
            customs_code: text("HANGZHOU"),
            merchant_code: text("330196"),
            merchant_name: text("a shop"),
            amount,
            order: None,
        };
        if self.dice.per_mille(250) {
            let state = DeclarationState::Filed;
            let filed = SetDeclaration { acquirer, request_id, state };
            return self.operate_at(partition, Change::SetDeclaration(filed));
        }
        let payment = self.purchases[place].request_id.clone();
        let declare = Declare { acquirer, payment, request_id, content };
        self.write(Command::Declare(Box::new(declare)), Some(partition), Span::millis(1));
    }
}
