//! One request from its first byte to its last: fault, commit, latency, answer.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, header};

use super::admin;
use super::answer::{Answer, Bytestream, HangUp, respond};
use super::call::Call;
use super::fault::FaultKind;
use super::fault_effect::Reaction;
use super::journal::Ending;
use super::shared::{Opened, Shared};

pub(super) async fn exchange(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Bytestream>, HangUp> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Err(HangUp::Close) };
    let bytes = body.to_bytes();
    if let Some(answer) = admin::serve(&shared, &head, &bytes) {
        return Ok(whole(answer));
    }
    let call = Call::read(head, bytes);
    let Opened { ticket, fault, behaviour, now } = shared.open(&call);

    let reaction = if let Some(instead) = fault.as_ref().and_then(|fault| fault.before_commit(now)) {
        instead
    } else {
        let answer = shared.commit(call);
        // After the commit, so that a client that gives up or is killed meanwhile has lost the answer, not
        // the write: the harder case.
        pause(fault.as_ref().map_or(Duration::ZERO, FaultKind::delay)).await;
        match &fault {
            Some(fault) => fault.after_commit(answer),
            None => Reaction::Answer(answer),
        }
    };
    pause(Duration::from_millis(behaviour.latency_ms)).await;

    let date = httpdate::fmt_http_date(SystemTime::from(shared.lock().directory.now()));
    match reaction {
        Reaction::Answer(answer) => {
            ticket.close(Ending::Answered, Some(answer.status));
            Ok(whole(answer.with(header::DATE, date)))
        }
        Reaction::Cut(answer) => {
            ticket.close(Ending::Answered, Some(answer.status));
            let promised = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
            let half = answer.body.slice(..answer.body.len() / 2);
            Ok(respond(answer.status, answer.headers, Bytestream::Cut { half, promised, flushed: false }))
        }
        Reaction::Huge(answer, bytes) => {
            ticket.close(Ending::Answered, Some(answer.status));
            Ok(respond(answer.status, answer.headers, Bytestream::Huge { left: bytes }))
        }
        Reaction::HangUp { after, how } => {
            pause(after).await;
            ticket.close(if how == HangUp::Reset { Ending::Reset } else { Ending::Closed }, None);
            Err(how)
        }
    }
}

fn whole(answer: Answer) -> Response<Bytestream> {
    respond(answer.status, answer.headers, Bytestream::Whole(answer.body))
}

/// The runtime's timer counts whole milliseconds and is late by one or two of them; a thread that sleeps is exact to
/// less than a tenth of one. So it has the end of each pause.
const EXACT: Duration = Duration::from_millis(3);

/// Never shorter than `time`. No pause costs nothing.
async fn pause(time: Duration) {
    if time.is_zero() {
        return;
    }
    let start = Instant::now();
    if let Some(coarse) = time.checked_sub(EXACT) {
        tokio::time::sleep(coarse).await;
    }
    #[expect(clippy::disallowed_methods, reason = "on a thread of its own")]
    let exact = move || std::thread::sleep(time.saturating_sub(start.elapsed()));
    // It fails only where the runtime ends, and then nobody waits for the answer.
    drop(tokio::task::spawn_blocking(exact).await);
}
