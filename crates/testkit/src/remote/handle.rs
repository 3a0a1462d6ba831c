//! The handle by which a story holds its remote.

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use scimitar_domain::{Clock, SystemClock};

use super::behaviour::Behaviour;
use super::directory::Directory;
use super::journal::Recorded;
use super::oracle::{self, Duplicate, Early};
use super::resource::Resource;
use super::script::Scripted;
use super::server;
use super::shared::Shared;

/// A SCIM service on a loopback port. Dropping it closes the port and all connections.
#[derive(Debug)]
pub struct FakeRemote {
    shared: Arc<Shared>,
    address: SocketAddr,
    place: Place,
    running: Mutex<Option<Running>>,
}

/// Where the service's tasks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the runtime of whoever starts it.
    Here,
    /// On a thread and a runtime of its own.
    Thread,
}

#[derive(Debug)]
struct Running {
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl FakeRemote {
    /// Start on a free port of loopback, on the current runtime.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its remote")]
    #[expect(clippy::unused_async, reason = "says that a runtime is needed, by the compiler")]
    pub async fn start(behaviour: Behaviour) -> Self {
        Self::begin(loopback(), behaviour, Place::Here).expect("loopback has a free port")
    }

    /// Start at this address, on the current runtime.
    #[expect(clippy::unused_async, reason = "says that a runtime is needed, by the compiler")]
    pub async fn start_at(address: SocketAddr, behaviour: Behaviour) -> io::Result<Self> {
        Self::begin(address, behaviour, Place::Here)
    }

    /// Start on a free port of loopback, on a thread of its own: for benches and for tests without a runtime.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its remote")]
    pub fn start_on_thread(behaviour: Behaviour) -> Self {
        Self::begin(loopback(), behaviour, Place::Thread).expect("loopback has a free port")
    }

    /// The base URL, `http://127.0.0.1:…/scim/v2`.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Close the port and every connection, and wait until that is done. The state stays.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { cancel, tasks }) = running {
            cancel.cancel();
            tasks.close();
            tasks.wait().await;
        }
    }

    /// Listen again after [`Self::stop`], at the same address and with the same state.
    #[expect(clippy::unused_async, reason = "says that a runtime is needed, by the compiler")]
    pub async fn restart(&self) -> io::Result<()> {
        let running = Running::begin(bind(self.address)?, &self.shared, self.place)?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }

    /// Tell the time by this clock: `Date`, `Retry-After`, `meta`, the rate limit and the records follow it.
    pub fn set_clock(&self, clock: Arc<dyn Clock>) {
        self.shared.lock().directory.clock = clock;
    }

    pub fn behaviour(&self) -> Behaviour {
        self.shared.lock().behaviour.as_ref().clone()
    }

    /// From the next request on. Another seed starts the dice anew.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.shared.lock().set_behaviour(behaviour);
    }

    /// Change single knobs: `remote.alter(|behaviour| behaviour.page_cap = Some(10))`.
    pub fn alter(&self, change: impl FnOnce(&mut Behaviour)) {
        let mut state = self.shared.lock();
        let mut behaviour = state.behaviour.as_ref().clone();
        change(&mut behaviour);
        state.set_behaviour(behaviour);
    }

    /// Order faults for the next requests that they fit, before any that are left to chance. A `FaultKind`
    /// or a status is short for [`Scripted::new`].
    pub fn next_answers<S: Into<Scripted>>(&self, answers: impl IntoIterator<Item = S>) {
        let mut state = self.shared.lock();
        for answer in answers {
            state.script.add(answer.into());
        }
    }

    /// How many ordered faults have not happened yet.
    pub fn pending_answers(&self) -> usize {
        self.shared.lock().script.len()
    }

    pub fn clear_answers(&self) {
        self.shared.lock().script.clear();
    }

    /// In the order of creation.
    pub fn users(&self) -> Vec<Resource> {
        self.shared.lock().directory.users()
    }

    pub fn groups(&self) -> Vec<Resource> {
        self.shared.lock().directory.groups()
    }

    pub fn user(&self, user_name: &str) -> Option<Resource> {
        self.users().into_iter().find(|user| user.user_name() == Some(user_name))
    }

    pub fn group(&self, display_name: &str) -> Option<Resource> {
        self.groups().into_iter().find(|group| group.display_name() == Some(display_name))
    }

    /// The members' ids.
    pub fn members(&self, group_id: &str) -> BTreeSet<String> {
        self.shared.lock().directory.members(group_id)
    }

    /// Change the state behind the client's back.
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Directory) -> R) -> R {
        edit(&mut self.shared.lock().directory)
    }

    /// Put a user there that the client has not made, and tell its id.
    pub fn seed_user(&self, body: Value) -> String {
        self.edit(|directory| directory.add_user(body))
    }

    pub fn seed_group(&self, body: Value) -> String {
        self.edit(|directory| directory.add_group(body))
    }

    /// All that has been asked since the start or [`Self::clear_requests`], if recording is on.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().journal.records().to_vec()
    }

    pub fn clear_requests(&self) {
        self.shared.lock().journal.clear();
    }

    /// Counted whether recorded or not.
    pub fn n_requests(&self) -> u64 {
        self.shared.lock().journal.n_requests()
    }

    /// `POST /Users -> 201`, one line per request in the order of arrival.
    pub fn transcript(&self) -> String {
        oracle::transcript(self.shared.lock().journal.records().iter())
    }

    /// The transcript without what only reads.
    pub fn writes(&self) -> String {
        oracle::transcript(self.shared.lock().journal.records().iter().filter(|request| request.is_write()))
    }

    pub fn max_concurrency_seen(&self) -> usize {
        self.shared.lock().journal.max_in_flight()
    }

    /// Users or groups that stand for the same thing twice.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        oracle::duplicates(&self.shared.lock().directory)
    }

    /// Requests that came before a `Retry-After` had ended, whoever it was given to.
    pub fn early_requests(&self) -> Vec<Early> {
        self.early_requests_beyond(Duration::ZERO)
    }

    /// As [`Self::early_requests`], but forgiving what came within `grace` of the answer: several connections
    /// in real time may have sent before they could know.
    pub fn early_requests_beyond(&self, grace: Duration) -> Vec<Early> {
        let grace = TimeDelta::from_std(grace).unwrap_or(TimeDelta::MAX);
        oracle::early_requests(self.shared.lock().journal.records(), grace)
    }

    fn begin(address: SocketAddr, behaviour: Behaviour, place: Place) -> io::Result<Self> {
        let listener = bind(address)?;
        let address = listener.local_addr()?;
        let base = format!("http://{address}{}", super::call::BASE);
        let shared = Arc::new(Shared::new(base, behaviour, Arc::new(SystemClock)));
        let running = Running::begin(listener, &shared, place)?;
        Ok(Self { shared, address, place, running: Mutex::new(Some(running)) })
    }
}

impl Drop for FakeRemote {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running {
            running.cancel.cancel();
        }
    }
}

impl Running {
    fn begin(listener: TcpListener, shared: &Arc<Shared>, place: Place) -> io::Result<Self> {
        let running = Self { cancel: CancellationToken::new(), tasks: TaskTracker::new() };
        let (cancel, tasks, shared) = (running.cancel.clone(), running.tasks.clone(), Arc::clone(shared));
        match place {
            Place::Here => {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                running.tasks.spawn(server::serve(listener, shared, tasks, cancel));
            }
            Place::Thread => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                let token = running.tasks.token();
                std::thread::Builder::new().name("fake-remote".to_owned()).spawn(move || {
                    runtime.block_on(async move {
                        if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                            server::serve(listener, shared, tasks.clone(), cancel).await;
                        }
                        drop(token);
                        tasks.wait().await;
                    });
                })?;
            }
        }
        Ok(running)
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
