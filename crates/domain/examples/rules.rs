//! What the rules say of a user: `cargo run --example rules -- ada ada@example.com users/berlin`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use scimitar_domain::UserFields;
use validator::Validate;

fn main() {
    let mut given = std::env::args().skip(1);
    let mut next = |otherwise: &str| given.next().unwrap_or_else(|| otherwise.to_owned());
    let user = UserFields {
        username: next("ada"),
        email: next("ada@example"),
        path: next("users//berlin"),
        ..UserFields::default()
    };
    match user.validate() {
        Ok(()) => println!("{} is fine", user.username),
        Err(faults) => println!("{faults}"),
    }
}
