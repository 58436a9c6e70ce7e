//! The report of a day at the desk, and what waits for the bank.

use crate::MINSU;
use crate::support::{Answer, App, Setup, World, text, won};
use base::{ResultCode, Span, Timestamp};
use dhow_wallet_edge::bank::{BankMood, SimBank};
use engine::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;
use wallet::{Command, ErrandAnswer, ErrandKind};

async fn desk(world: &World, who: &str, path: &str, body: Option<Value>) -> Answer {
    let app = App { token: who.to_owned(), ..world.app() };
    let headers = "Content-Type: application/json\r\nX-Reason: =cmd|' /C calc'!A0\r\n";
    match body {
        Some(body) => app.send("POST", path, headers, body.to_string().as_bytes()).await,
        None => app.send("GET", path, headers, b"").await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_says_what_was_decided_contradicted_and_refused() {
    // 2026-12-01, 23:30 in Seoul: another day than in UTC half an hour later.
    let late = Timestamp::from_secs(1_796_135_400);
    let clock = Arc::new(ManualClock::new(late));
    let bank = Arc::new(SimBank::default());
    let setup = Setup {
        clock: Arc::clone(&clock) as _,
        bank: bank.clone(),
        desk: vec!["ines", "omar"],
        ..Setup::default()
    };
    let world = World::of(setup).await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    bank.script([BankMood::Refuses(ResultCode::ProcessFail)]);
    let body = json!({ "amount": won(7_000), "bankAccount": "KB 1" });
    let failed = minsu.make("/v1/top-ups", body).await.text("id");
    minsu.until_state(&failed, "FAILED").await;
    let give = json!({ "customer": 0, "amount": won(40), "way": "GIVE" });
    let proposal = desk(&world, "ines", "/desk/proposals", Some(give)).await.text("proposal");
    let approve = format!("/desk/proposals/{proposal}/approve");
    assert_eq!(desk(&world, "omar", &approve, Some(json!({}))).await.status, 200);
    let day = desk(&world, "omar", "/desk/reports/2026-12-01", None).await.json();
    assert_eq!((&day["isOver"], &day["isComplete"]), (&json!(false), &json!(true)), "{day}");
    let decided = ["proposal", "by", "why", "state", "decidedBy", "correction.amount.value"];
    let decided = decided.map(|field| text(&day, &format!("decided.0.{field}")));
    let why = "=cmd|' /C calc'!A0";
    assert_eq!(decided, [&proposal, "ines", why, "APPROVED", "omar", "40"]);
    let moved = ["object", "way", "amount.value", "code"];
    let moved = moved.map(|field| text(&day, &format!("failedMoves.0.{field}")));
    assert_eq!(moved, [failed.as_str(), "IN", "7000", "PROCESS_FAIL"]);
    assert_eq!(day["breaks"], json!([]));
    assert_eq!(text(&day, "books.accounts.customers/KRW"), "-200040");
    // After midnight the bank says the opposite of what it said.
    clock.set(late.after(Span::hours(1)));
    let about = failed.parse::<ids::BankMoveId>().unwrap().as_u128();
    let (kind, answer) = (ErrandKind::BankSubmit, ErrandAnswer::Yes);
    let late = Command::ErrandDone { about, kind, attempt: 1, answer };
    world.node.edge.submit(late).await.unwrap();
    let day = desk(&world, "omar", "/desk/reports/2026-12-01", None).await.json();
    assert_eq!((&day["isOver"], &day["breaks"]), (&json!(true), &json!([])));
    let day = desk(&world, "omar", "/desk/reports/2026-12-02", None).await.json();
    assert_eq!((&day["decided"], &day["failedMoves"]), (&json!([]), &json!([])));
    let found = ["time", "kind", "object", "what"];
    let found = found.map(|field| text(&day, &format!("breaks.0.{field}")));
    let what = "the bank contradicts itself";
    assert_eq!(found, ["2026-12-01T15:30:00+00:00", "BANK_MOVE", failed.as_str(), what]);
    let table = desk(&world, "omar", "/desk/reports/2026-12-01?form=csv", None).await;
    assert!(table.head.contains("text/csv; charset=utf-8"), "{}", table.head);
    let lines: Vec<&str> = table.body.split("\r\n").collect();
    assert_eq!(
        lines[1],
        format!(
            "\"PROPOSAL\",\"{proposal}\",\"\",\"correction of a customer's balance: GIVE\",0,40,\
             \"KRW\",\"APPROVED\",\"ines\",\"'=cmd|' /C calc'!A0\",\"omar\""
        )
    );
    assert!(lines[2].starts_with(&format!("\"FAILED_MOVE\",\"{failed}\"")), "{}", lines[2]);
    assert!(table.body.contains("\"customers/KRW\"") && table.body.contains(",-200040,"));
    for bad in ["2026-02-29", "today", "2026-1-1", "2026-12-01?form=xls", "2026-12-01?x=1"] {
        let path = format!("/desk/reports/{bad}");
        assert_eq!(desk(&world, "omar", &path, None).await.status, 400, "{bad}");
    }
    let nobody = desk(&world, "mallory", "/desk/reports/2026-12-01", None).await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_is_silent_about_is_listed_and_two_people_end_it() {
    let bank = Arc::new(SimBank::default());
    let setup = Setup { bank: bank.clone(), desk: vec!["ines", "omar"], ..Setup::default() };
    let world = World::of(setup).await;
    let minsu = world.rich(MINSU, "Minsu Kim").await;
    assert_eq!(desk(&world, "omar", "/desk/moves", None).await.json(), json!([]));
    bank.script([BankMood::Deaf; 20]);
    let body = json!({ "amount": won(7_000), "bankAccount": "KB 1" });
    let silent = minsu.make("/v1/withdrawals", body).await.text("id");
    minsu.until_state(&silent, "UNKNOWN").await;
    let listed = desk(&world, "omar", "/desk/moves", None).await.json();
    let fields = ["move", "way", "amount.value", "state"].map(|field| text(&listed[0], field));
    assert_eq!(fields, [silent.as_str(), "OUT", "7000", "UNKNOWN"]);
    let path = format!("/desk/moves/{silent}/end");
    let (other, more) = (json!({ "end": "done" }), json!({ "end": "DONE", "x": 1 }));
    for (bad, status) in [(json!({}), 422), (other, 400), (more, 422)] {
        let refused = desk(&world, "ines", &path, Some(bad)).await;
        assert!(refused.status == status && refused.body.contains("end"), "{}", refused.body);
    }
    let done = json!({ "end": "DONE" });
    let garbage = desk(&world, "ines", "/desk/moves/bnk_1/end", Some(done.clone())).await;
    assert!(garbage.status == 400 && garbage.body.contains("move: "), "{}", garbage.body);
    let proposed = desk(&world, "ines", &path, Some(done.clone())).await;
    assert_eq!(proposed.text("what"), format!("end of the move {silent} at the bank: DONE"));
    let approve = format!("/desk/proposals/{}/approve", proposed.text("proposal"));
    assert_eq!(desk(&world, "ines", &approve, Some(json!({}))).await.status, 403);
    assert_eq!(desk(&world, "omar", &approve, Some(json!({}))).await.status, 200);
    minsu.until_state(&silent, "DONE").await;
    assert_eq!(desk(&world, "omar", "/desk/moves", None).await.json(), json!([]));
    assert_eq!(desk(&world, "ines", &path, Some(done)).await.status, 404);
}
