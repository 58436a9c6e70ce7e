-- The payment of rung (a) as an experienced team would write it on PostgreSQL: one round trip, one
-- transaction, rows locked in one order. It books at once; the engine reserves first and posts with
-- the wallet's answer, which here would be a second transaction.
drop schema if exists dhow_bench cascade;
create schema dhow_bench;
set search_path to dhow_bench;

create table account (
    id bigint primary key,
    debits bigint not null default 0,
    credits bigint not null default 0
) with (fillfactor = 50);

create table request (
    acquirer int not null,
    request_id text not null,
    payment_id uuid not null,
    content_hash bigint not null,
    primary key (acquirer, request_id)
);

create table payment (
    id uuid primary key,
    acquirer int not null,
    merchant text not null,
    wallet bigint not null,
    amount bigint not null,
    currency text not null,
    pay_to bigint not null,
    settlement bigint not null,
    status text not null,
    created timestamptz not null default now()
);
create index payment_by_merchant on payment (merchant, created);

create table posting (
    payment_id uuid not null,
    line smallint not null,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null,
    primary key (payment_id, line)
);

create table outbox (
    id bigserial primary key,
    payment_id uuid not null,
    body text not null
);

-- Accounts 1 and 2 are the operator's own, fx position and fee: they are in every payment.
create function pay(
    in_payment uuid, in_acquirer int, in_request text, in_merchant bigint, in_wallet bigint,
    in_amount bigint
) returns uuid language plpgsql as $$
declare
    fee constant bigint := in_amount / 100;
    found_payment uuid;
begin
    insert into dhow_bench.request values (in_acquirer, in_request, in_payment, in_amount)
        on conflict do nothing;
    if not found then
        select payment_id into found_payment from dhow_bench.request
            where acquirer = in_acquirer and request_id = in_request;
        return found_payment;
    end if;
    insert into dhow_bench.payment values (
        in_payment, in_acquirer, 'M-' || in_merchant, in_wallet, in_amount, 'JPY', in_amount * 9,
        in_amount - fee, 'PAID'
    );
    insert into dhow_bench.posting values
        (in_payment, 1, in_wallet, 1, in_amount * 9),
        (in_payment, 2, 1, in_merchant, in_amount),
        (in_payment, 3, in_merchant, 2, fee),
        (in_payment, 4, in_wallet, 2, fee);
    insert into dhow_bench.outbox (payment_id, body) values (
        in_payment,
        '{"paymentId":"' || in_payment || '","merchant":"M-' || in_merchant || '","amount":' || in_amount
            || ',"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
    );
    -- The hot rows last, so that their locks are held for the shortest time; always in this order.
    update dhow_bench.account set debits = debits + in_amount * 9 + fee where id = in_wallet;
    update dhow_bench.account set credits = credits + in_amount, debits = debits + fee
        where id = in_merchant;
    update dhow_bench.account set credits = credits + in_amount * 9, debits = debits + in_amount
        where id = 1;
    update dhow_bench.account set credits = credits + fee + fee where id = 2;
    return in_payment;
end $$;
