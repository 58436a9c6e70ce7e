//! Health and numbers. These need no token: they hold no business data.

use super::Shared;
use super::error::Failure;
use super::extract::Json;
use super::tokens::Asker;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::fmt::Write;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String)))]
pub async fn healthz() -> &'static str {
    "ok"
}

/// Every partition answers questions.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses((status = 200, body = String), (status = 503, body = String))
)]
pub async fn readyz(State(ops): State<Shared>) -> (StatusCode, String) {
    for partition in ops.partitions.all() {
        if let Err(error) = ops.partitions.read(partition, |_, _, stamp| stamp.position).await {
            let message = format!("partition {}: {error}", partition.0);
            return (StatusCode::SERVICE_UNAVAILABLE, message);
        }
    }
    (StatusCode::OK, "ready".to_owned())
}

/// Numbers in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String)))]
pub async fn metrics(State(ops): State<Shared>) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, lines: Vec<(String, u64)>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in lines {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    };
    let engines = ops.partitions.all().filter_map(|it| Some((it, ops.partitions.engine(it)?)));
    let engines: Vec<_> = engines.collect();
    let of = |read: &dyn Fn(&engine::Counters) -> u64| {
        let line = |(partition, engine): &(ids::Partition, &engine::Engine<network::Network>)| {
            (format!("partition=\"{}\"", partition.0), read(engine.counters()))
        };
        engines.iter().map(line).collect::<Vec<_>>()
    };
    let load = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
    let records = of(&|it| load(&it.records));
    family("dhow_log_records_total", "counter", "Records made durable.", records);
    let batches = of(&|it| load(&it.batches));
    family("dhow_log_batches_total", "counter", "Syncs of the log.", batches);
    let overloaded = of(&|it| load(&it.overloaded));
    family("dhow_overloaded_total", "counter", "Commands refused by a full queue.", overloaded);
    let depth = of(&|it| load(&it.queue_depth));
    family("dhow_queue_depth", "gauge", "Commands that wait.", depth);
    let applied = of(&|it| load(&it.applied_position));
    family("dhow_applied_position", "gauge", "Position of the last applied record.", applied);
    let lag = of(&engine::Counters::index_lag);
    family("dhow_index_lag_records", "gauge", "Records that the index is behind.", lag);
    let lanes = ops.effects.snapshot();
    let line = |value: &dyn Fn(&effects::LaneSnapshot) -> usize| {
        let one = |lane: &effects::LaneSnapshot| {
            let labels = format!("participant=\"{}\"", lane.participant.0);
            (labels, u64::try_from(value(lane)).unwrap_or(u64::MAX))
        };
        lanes.iter().map(one).collect::<Vec<_>>()
    };
    let in_flight = line(&|lane| lane.in_flight);
    family("dhow_lane_in_flight", "gauge", "Calls to a participant under way.", in_flight);
    let waiting = line(&|lane| lane.waiting);
    family("dhow_lane_waiting", "gauge", "Calls to a participant that wait.", waiting);
    text
}

/// Calls to one participant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaneView {
    pub participant: u32,
    pub in_flight: usize,
    pub waiting: usize,
    pub circuit: String,
    pub calls: std::collections::BTreeMap<String, u64>,
}

/// Effects that wait for their outcome, and the lanes towards the participants.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectsView {
    /// Wishes in the outboxes of all partitions.
    pub waiting: usize,
    /// Payments about which something is still open.
    pub open_payments: usize,
    pub lanes: Vec<LaneView>,
}

/// Shows what waits to be sent, and how each participant's lane does.
#[utoipa::path(
    get, path = "/v1/effects", tag = "health",
    responses((status = 200, body = EffectsView), (status = 401, body = Failure))
)]
pub async fn effects(State(ops): State<Shared>, _: Asker) -> Result<Json<EffectsView>, Failure> {
    let mut view = EffectsView { waiting: 0, open_payments: 0, lanes: Vec::new() };
    for partition in ops.partitions.all() {
        let ask = |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
            (machine.outbox_count(), machine.open_count())
        };
        let (waiting, open) = ops.partitions.read(partition, ask).await?;
        view.waiting += waiting;
        view.open_payments += open;
    }
    let lane = |lane: effects::LaneSnapshot| LaneView {
        participant: lane.participant.0,
        in_flight: lane.in_flight,
        waiting: lane.waiting,
        circuit: format!("{:?}", lane.circuit),
        calls: lane.calls.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
    };
    view.lanes = ops.effects.snapshot().into_iter().map(lane).collect();
    Ok(Json(view))
}
