//! Red packets: money leaves its sender at once, rests on an account of its own, and leaves that
//! share by share, or goes back.

use crate::command::packets::{MakePacket, PacketCommand};
use crate::machine::{Context, name_kind, name_of, of_ledger, refuse};
use crate::objects::Packet;
use crate::{Object, Refusal, Reply, Wallet};
use base::{ResultCode, Row, encode};
use gifts::{
    Audience, CancelRefusal, ClaimRefusal, Claimant, DayRefusal, NewPacket, NewPacketRefusal,
    PacketState,
};
use ids::PacketId;
use money::Money;
use std::sync::Arc;

impl Wallet {
    pub(crate) fn packet_command(
        &mut self,
        cx: &mut Context<'_>,
        it: PacketCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            PacketCommand::Make(it) => self.make_packet(cx, *it),
            PacketCommand::Claim { customer, id, link } => {
                self.claim_packet(cx, id, &Claimant { customer, link })
            }
            PacketCommand::Cancel { customer, id } => self.cancel_packet(cx, customer, id),
        }
    }

    /// Can it be for them? The name under which a link is found from now on, if it is one.
    pub(crate) fn new_audience(
        &self,
        cx: &Context<'_>,
        audience: &Audience,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        match audience {
            Audience::Named(customer) => self.payee(*customer).map(|()| None),
            Audience::Link(digest) => {
                let name = name_of(name_kind::LINK, &[digest]);
                if cx.name(&name).is_some() {
                    return refuse(ResultCode::ProcessFail, "the link was drawn before; try again");
                }
                Ok(Some(name))
            }
        }
    }

    fn make_packet(&mut self, cx: &mut Context<'_>, it: MakePacket) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.sender, &it.once)? {
            return Ok(reply);
        }
        if !self.market.features.packets {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no red packets");
        }
        self.payer(it.sender)?;
        let rules = &self.market.packets;
        let wish = NewPacket {
            id: it.id.as_u128(),
            sender: it.sender,
            audience: it.audience,
            split: it.split,
            seed: it.seed,
            commitment: it.commitment,
        };
        let body = gifts::Packet::new(&wish, cx.now(), rules).map_err(|it| of_new_packet(&it))?;
        let link = self.new_audience(cx, &it.audience)?;
        let (today, total) = (self.today(cx), it.split.total);
        let count = self.packets.plus(it.sender, today, total, rules).map_err(of_day)?;
        let set = self.books().into_packet(it.sender, total.minor());
        self.spend(cx, it.sender, total.minor(), (it.id.as_u128(), &set))?;
        // From here the command succeeds.
        self.packets.put(it.sender, today, count);
        if let Some(name) = link {
            cx.rows.push(Row::Name { name, value: encode(&it.id.as_u128()) });
        }
        let packet = Packet { body, note: it.note, counted: today, created: cx.stamp };
        let object = self.make(cx, packet);
        Wallet::remember(cx, it.sender, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn find_packet(&self, cx: &Context<'_>, id: PacketId) -> Result<Arc<Packet>, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Packet(it)) => Ok(it),
            _ => refuse(ResultCode::OrderNotExist, "there is no such red packet"),
        }
    }

    fn claim_packet(
        &mut self,
        cx: &mut Context<'_>,
        id: PacketId,
        by: &Claimant,
    ) -> Result<Reply, Refusal> {
        let packet = self.find_packet(cx, id)?;
        let mut body = packet.body.clone();
        let given = body.claim(by, cx.now()).map_err(of_claim)?;
        if given.is_repeat {
            return Ok(Reply::Made { object: Object::Packet(packet), is_repeat: true });
        }
        self.payee(by.customer)?;
        let books = self.books();
        let set = books.out_of_packet(books.customer(by.customer), given.share.minor());
        self.ledger.post(&set).map_err(|refusal| of_ledger(&refusal))?;
        // From here the command succeeds.
        if !packet.first_customers().contains(&by.customer) {
            let list = crate::list_of_customer(by.customer);
            cx.rows.push(Row::Listed { list, id: id.as_u128() });
        }
        let object = self.keep(cx, packet.with(body));
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn cancel_packet(
        &mut self,
        cx: &mut Context<'_>,
        customer: u32,
        id: PacketId,
    ) -> Result<Reply, Refusal> {
        let packet = self.find_packet(cx, id)?;
        let mut body = packet.body.clone();
        let rest = match body.cancel(customer, cx.now()) {
            Ok(rest) => rest,
            Err(CancelRefusal::Over(PacketState::Cancelled)) => {
                return Ok(Reply::Made { object: Object::Packet(packet), is_repeat: true });
            }
            Err(CancelRefusal::Over(_)) => {
                return refuse(
                    ResultCode::OrderIsClosed,
                    "the red packet is empty, or its time is over and the rest comes back",
                );
            }
            Err(CancelRefusal::NotYours) => {
                return refuse(ResultCode::OrderNotExist, "there is no such red packet");
            }
        };
        // From here the command succeeds.
        let object = self.give_rest(cx, &packet, body, rest);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn packet_expires(&mut self, cx: &mut Context<'_>, it: &Packet) {
        let mut body = it.body.clone();
        if let Some(rest) = body.expire(cx.now()) {
            self.give_rest(cx, it, body, rest);
        }
    }

    /// The packet is over, and its rest is the sender's again.
    fn give_rest(
        &mut self,
        cx: &mut Context<'_>,
        packet: &Packet,
        body: gifts::Packet,
        rest: Money,
    ) -> Object {
        let sender = packet.body.sender();
        let home = self.home_of(sender);
        let set = self.books().out_of_packet(home, rest.minor());
        self.give(home, &set);
        if base::planted(58) {
            self.give(home, &set);
        }
        self.uncount(sender, rest.minor(), packet.counted);
        self.keep(cx, packet.with(body))
    }
}

fn of_new_packet(refusal: &NewPacketRefusal) -> Refusal {
    let illegal = |message| Refusal::new(ResultCode::ParamIllegal, message);
    match refusal {
        NewPacketRefusal::Currency { expected } => {
            illegal(format!("currency: must be {}", expected.code()))
        }
        NewPacketRefusal::Shares { fewest, most } => {
            illegal(format!("shares: must be {fewest} to {most}"))
        }
        NewPacketRefusal::Total { least_minor, most_minor } => Refusal::new(
            ResultCode::PaymentAmountExceedLimit,
            format!("amount: must be {least_minor} to {most_minor} minor units"),
        ),
        NewPacketRefusal::LeastShare { least_minor } => {
            illegal(format!("leastShare: must be at least {least_minor} minor units"))
        }
        NewPacketRefusal::Split(refusal) => illegal(format!("shares: {refusal}")),
        NewPacketRefusal::NeedsLink => {
            illegal("audience: shares for a group need a link".to_owned())
        }
        NewPacketRefusal::ToSelf => illegal("audience: must be somebody else".to_owned()),
    }
}

fn of_day(refusal: DayRefusal) -> Refusal {
    match refusal {
        DayRefusal::Packets => Refusal::new(
            ResultCode::PaymentCountExceedLimit,
            "you sent as many red packets as a day may have; send it tomorrow",
        ),
        DayRefusal::Total { left_minor } => Refusal::new(
            ResultCode::UserAmountExceedLimit,
            format!("amount: {left_minor} minor units are left for red packets today"),
        ),
    }
}

fn of_claim(refusal: ClaimRefusal) -> Refusal {
    let closed = |message| Refusal::new(ResultCode::OrderIsClosed, message);
    match refusal {
        // As if it were not there: whom it is for is nobody else's business.
        ClaimRefusal::NotForYou => {
            Refusal::new(ResultCode::OrderNotExist, "there is no such red packet")
        }
        ClaimRefusal::OwnPacket => {
            Refusal::new(ResultCode::RiskReject, "you cannot take a share of your own red packet")
        }
        ClaimRefusal::Drained => closed("the red packet is empty: all shares are taken"),
        ClaimRefusal::Expired => closed("the red packet's time is over"),
        ClaimRefusal::Cancelled => closed("the sender took the red packet back"),
    }
}
