//! Examples of every command, shown at the end of its help.

use clap::Command;

/// One line for each thing that people do; the words after `dhow` lead to the command.
const EXAMPLES: &[&str] = &[
    "dhow serve --data ./data --listen 127.0.0.1:8787",
    "dhow serve --rates-url https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml --rates-source ecb",
    "dhow demo",
    "dhow demo --once --data .demo --fresh",
    "dhow wallet serve --market kr --data ./kr --listen 127.0.0.1:8801",
    "dhow wallet serve --market my-market.toml --network http://127.0.0.1:8787 --network-key network.pub --client-id C-KR",
    "dhow wallet customer find +821012345678",
    "dhow wallet customer show 12",
    "dhow wallet customer tier 12 1 --reason 'passport seen'",
    "dhow wallet customer freeze 12 --reason 'lost phone, called in'",
    "dhow wallet customer unfreeze 12 --reason 'identity proven'",
    "dhow wallet shop list",
    "dhow wallet shop kind 3 AGENT --reason 'contract signed'",
    "dhow wallet proposal give 12 PHP 15000 --reason 'refund of a wrong fee'",
    "dhow wallet proposal take 12 PHP 15000 --reason 'credited twice'",
    "dhow wallet proposal end-move bnk_019ab1c2d3e4000102030405060708090a DONE --reason 'line 7 of their statement'",
    "dhow wallet proposal list",
    "dhow wallet proposal approve prp_019ab1c2d3e4000102030405060708090a --token $MINE",
    "dhow wallet proposal reject prp_019ab1c2d3e4000102030405060708090a --reason 'not so'",
    "dhow wallet books show",
    "dhow wallet books moves",
    "dhow wallet books verify",
    "dhow wallet books settle-network 2026-11-29-1 KRW 1500000 --reason 'paid by bank'",
    "dhow wallet report 2026-11-29",
    "dhow wallet fund show",
    "dhow wallet fund price 2026-12-24 1000.0274 --reason 'price of the day'",
    "dhow wallet fund settle statement.json --reason 'by their statement'",
    "dhow wallet biller list",
    "dhow wallet biller add power.json --reason 'contract signed'",
    "dhow wallet biller settle 0 2026-11-29-7 KRW 1500000 --reason 'paid by bank'",
    "dhow wallet offer list",
    "dhow wallet offer end 3 --reason 'asked by the shop'",
    "dhow wallet message +821012345678",
    "dhow wallet openapi app",
    "dhow participant list",
    "dhow participant show W-KR",
    "dhow participant add --code W-KR --client-id C1 --name 'Hanro Pay' --role MPP --country KR --settles-in KRW --public-key key.pub",
    "dhow participant suspend W-KR --reason 'incident 42'",
    "dhow participant resume W-KR",
    "dhow keys generate --out partner",
    "dhow keys import network.pem --data ./data",
    "dhow keys public --data ./data",
    "dhow keys enrol W-KR --version 2 new.pub",
    "dhow keys retire W-KR --version 1",
    "dhow token add night-desk --role viewer --data ./data",
    "dhow token list --data ./data",
    "dhow token remove night-desk --data ./data",
    "dhow payment show pay_019ab1c2d3e4000102030405060708090a",
    "dhow payment search --acquirer A-JP --state Unknown",
    "dhow payment search --wallet W-KR --since 2026-11-22T00:00:00+09:00",
    "dhow payment breaks",
    "dhow ledger accounts",
    "dhow ledger accounts --at 1200 --partition 0",
    "dhow ledger positions",
    "dhow rates show",
    "dhow rates load eurofxref-daily.xml --source ecb",
    "dhow store show --acquirer A-JP --merchant M-RAMEN --store M-RAMEN-S1",
    "dhow store set --acquirer A-JP --merchant M-RAMEN --store M-RAMEN-S1 --wallet W-KR \
     --name ko=라멘 --reason 'the shop asked for it'",
    "dhow agreement list --acquirer A-JP",
    "dhow agreement show agr_0193a5be17d2468ace003f0c9a5be17d",
    "dhow agreement end agr_0193a5be17d2468ace003f0c9a5be17d --reason 'the user wrote to us'",
    "dhow code issue --acquirer A-TH --merchant M-MANGO --store M-MANGO-S1",
    "dhow code list --acquirer A-TH",
    "dhow code revoke 3f0c9a5be17d2468ace0 --reason 'pasted over'",
    "dhow code rules",
    "dhow code load rules.json",
    "dhow log verify --data ./data",
    "dhow log show --data ./data --last 5",
    "dhow qr decode 00020101021126400009SG.PAYNOW010120213200002150HWCF030115204000053037025802SG5923NATIONAL",
    "dhow qr decode --jsonl",
    "dhow qr make --scheme promptpay --set mobile_number=0812345678 --amount-minor 10050 --form terminal",
    "dhow qr make --scheme paynow --set uen=201929813C --name 'Kaya House' --mcc 5814 --form svg --out shop.svg",
    "dhow qr make --object 26.00=com.example.dhow --object 26.01=S-00042 --mcc 5814 --currency JPY --amount-minor 1200 --country JP --name 'Kissa Hato' --city Osaka",
    "dhow qr make --raw https://shop.example/order/42 --form png --out order.png",
    "dhow qr make --raw 281012345678901234567890 --barcode --form terminal",
    "dhow sign --key partner.pem --client-id C1 --path /aps/api/v1/payments/pay --time 2026-11-22T07:20:47Z --body request.json",
    "dhow verify --public-key partner.pub --client-id C1 --path /aps/api/v1/payments/pay --time 2026-11-22T07:20:47Z --body request.json --signature 'algorithm=RSA256, keyVersion=1, signature=...'",
    "dhow conform --role wallet --url https://wallet.example --client-id WALLET_KR --key network.pem --partner-key wallet.pub --customer test-user-1 --currency KRW --amount-minor 1000",
    "dhow conform --role acquirer --url https://acquirer.example --client-id ACQP_JP --key network.pem --partner-key acquirer.pub --payment-request-id PR-1 --amount JPY:1200 --code https://acquirer.example/order/1",
    "dhow bench engine --accounts 1000000 --seconds 60",
    "dhow bench engine --against postgres://user:password@127.0.0.1/database",
    "dhow bench http --key ed25519",
    "dhow bench recovery --seconds 30",
    "dhow bench wallet --customers 10000000 --seconds 30",
    "dhow bench codes",
    "dhow sim --seeds 1..1000 --twice",
    "dhow sim --seed 33 --trace",
    "dhow doctor --data ./data",
    "dhow openapi",
];

/// The command with its examples, and so all commands below it.
pub fn with_examples(command: Command) -> Command {
    let path = command.get_name().to_owned();
    described(command, &path)
}

fn described(command: Command, path: &str) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    if names.is_empty() {
        let lines = of_command(path);
        return command.after_help(format!("Examples:\n  {}", lines.join("\n  ")));
    }
    names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |below| described(below, &format!("{path} {name}")))
    })
}

/// The examples whose first words are the command's.
fn of_command(path: &str) -> Vec<&'static str> {
    let leads_here = |line: &&&str| {
        line.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    EXAMPLES.iter().filter(leads_here).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::CommandFactory;

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        let mut below = command.get_subcommands().peekable();
        if below.peek().is_none() {
            found.push(path.to_owned());
        }
        below.for_each(|it| leaves(it, &format!("{path} {}", it.get_name()), found));
    }

    #[test]
    fn every_command_has_an_example() {
        let mut found = Vec::new();
        leaves(&Cli::command(), "dhow", &mut found);
        assert!(found.len() > 25, "{found:?}");
        for path in found {
            assert!(!of_command(&path).is_empty(), "{path} has no example");
        }
    }

    /// Words of a line as a shell splits them; a quoted word may hold blanks.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (at, part) in line.split('\'').enumerate() {
            match at % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        words
    }

    #[test]
    fn every_example_is_understood() {
        for line in EXAMPLES {
            let read = with_examples(Cli::command()).try_get_matches_from(words(line));
            assert!(read.is_ok(), "{line}: {}", read.err().unwrap());
        }
    }
}
