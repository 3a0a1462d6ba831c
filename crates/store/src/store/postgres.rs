//! A write on PostgreSQL: one transaction, repeated when it collided with another.

use tokio::sync::watch;

use crate::error::Trouble;
use crate::pool::Pool;
use crate::session::Session;
use crate::{Conn, StoreError, notice};
use diesel::connection::SimpleConnection;

/// How often a unit runs before its collisions are the caller's to deal with.
const ATTEMPTS: usize = 4;

/// How one attempt ended.
enum Attempt<T, E> {
    Ended(Result<T, E>),
    /// Nothing was committed, and the same may work now.
    Again(StoreError),
}

pub(super) fn write<T, E, F>(pool: &Pool, closure: &F, wake: &watch::Sender<u64>) -> Result<T, E>
where
    F: Fn(&mut Conn) -> Result<T, E>,
    E: From<StoreError>,
{
    let mut last = StoreError::unavailable("no attempt was made");
    for _attempt in 0..ATTEMPTS {
        let mut session = pool.take()?;
        session.take_trouble();
        notice::take();
        let attempt = attempt(&mut session, closure);
        pool.give_back(session);
        match attempt {
            Attempt::Ended(result) => {
                if result.is_ok() && notice::take() {
                    wake.send_modify(|count| *count += 1);
                }
                return result;
            }
            Attempt::Again(error) => last = error,
        }
    }
    Err(last.into())
}

fn attempt<T, E, F>(session: &mut Session, closure: &F) -> Attempt<T, E>
where
    F: Fn(&mut Conn) -> Result<T, E>,
    E: From<StoreError>,
{
    // An idle connection may have been cut without anybody noticing.
    if let Err(error) = session.begin() {
        return Attempt::Again(error.into());
    }
    let result = closure(&mut session.conn);
    let trouble = session.take_trouble();
    if trouble == Trouble::Collision {
        return again(session, "the transaction collided with another");
    }
    let value = match result {
        Ok(value) if trouble < Trouble::Outage => value,
        Ok(_swallowed) => return again(session, "the database was lost"),
        Err(error) => {
            // Where even that fails, the server rolls back by itself.
            drop(session.roll_back());
            if session.is_dead() {
                return Attempt::Again(StoreError::unavailable("the connection was lost"));
            }
            return Attempt::Ended(Err(error));
        }
    };
    // A transaction with a failed statement in it would answer COMMIT with a silent ROLLBACK.
    if trouble == Trouble::Statement
        && let Err(error) = session.conn.batch_execute("SELECT 1")
    {
        drop(session.roll_back());
        return Attempt::Ended(Err(StoreError::from(error).into()));
    }
    match session.commit() {
        Ok(()) => Attempt::Ended(Ok(value)),
        Err(error) => match Trouble::of(&error) {
            Trouble::Collision => again(session, "the commit collided with another"),
            // Whether it was committed is not known, so it must not run again by itself.
            Trouble::None | Trouble::Statement | Trouble::Outage => {
                Attempt::Ended(Err(StoreError::unavailable(error).into()))
            }
        },
    }
}

fn again<T, E>(session: &mut Session, why: &'static str) -> Attempt<T, E> {
    drop(session.roll_back());
    Attempt::Again(StoreError::unavailable(why))
}
