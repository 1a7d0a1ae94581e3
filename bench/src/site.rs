//! A server to measure, and beside it an empty handler: both as processes of their own. Issues tokens
//! of the server's own key, and registers customers without hashing a password for each.

use crate::database::Database;
use crate::http::request;
use crate::process::{Memory, Process};
use crate::shop::Shop;
use crate::visitors::{Customer, Visitor, Visitors};
use crate::{Bench, Result};
use aggregates::UserId;
use aggregates::account::Role;
use futures_util::future::try_join_all;
use ledgerline::auth::{Caller, SigningKeys, Tokens};
use ledgerline::clock::{Clock, SystemClock};
use ledgerline::config;
use std::net::SocketAddr;
use tempfile::TempDir;
use uuid::Uuid;

/// Asks for an answer before the read models show the command.
const RESPOND_ASYNC: &str = "Prefer: respond-async\r\n";

pub struct Site {
    /// None where it is not ours.
    process: Option<Process>,
    pub empty: Process,
    pub address: SocketAddr,
    tokens: Tokens,
    pub shop: Shop,
    folder: TempDir,
    preference: &'static str,
}

impl Site {
    /// Starts both on a database, or uses the server that was named.
    pub async fn open(bench: &Bench, database: &Database) -> Result<Self> {
        Self::open_with(bench, database, &[]).await
    }

    /// The same with further arguments for the server.
    pub async fn open_with(bench: &Bench, database: &Database, more: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (process, address, key) = if let Some((address, key)) = &bench.running {
            (None, *address, key.clone())
        } else {
            let process = Process::serve(database, folder.path(), more).await?;
            let key = std::fs::read_to_string(folder.path().join("jwt.key"))?;
            let address = process.address;
            (Some(process), address, key)
        };
        Ok(Self {
            process,
            empty: Process::empty().await?,
            address,
            tokens: Tokens::new(SigningKeys::parse(&key)?, &config::Tokens::default()),
            shop: Shop::open(&database.pool),
            folder,
            preference: if bench.respond_async { RESPOND_ASYNC } else { "" },
        })
    }

    /// Refuses a server that is not ours: its database is needed.
    pub fn must_be_ours(&self) -> Result<&Process> {
        self.process.as_ref().ok_or_else(|| "this scenario cannot use --url".into())
    }

    /// From now on commands do not wait for the read models.
    pub fn respond_async(&mut self) {
        self.preference = RESPOND_ASYNC;
    }

    /// Of the server, where it is ours.
    pub fn memory(&self) -> Option<Memory> {
        self.process.as_ref()?.memory()
    }

    pub async fn close(self) -> Result<()> {
        if let Some(process) = self.process {
            process.stop().await?;
        }
        self.empty.stop().await?;
        Ok(self.folder.close()?)
    }

    /// Somebody with a token. Accounts are not looked at but for customers who order.
    pub fn user(&self, id: Uuid, role: Role) -> Result<Customer> {
        let caller = Caller { id: UserId::new(id), role, session_id: self.shop.new_id() };
        let token = self.tokens.issue(caller, SystemClock.now())?;
        Ok(Customer { id, authorization: format!("Bearer {token}"), cards: Vec::new() })
    }

    /// A connection that several users share.
    pub fn visitor(&self, number: usize, customers: Vec<Customer>) -> Visitor {
        Visitor::new(self.address, number, customers, self.preference)
    }

    /// One member of the staff.
    pub fn staff(&self, number: usize, role: Role) -> Result<Visitor> {
        Ok(self.visitor(number, vec![self.user(self.shop.new_id(), role)?]))
    }

    /// `each` registered customers on each of `visitors` connections.
    pub async fn visitors(&self, visitors: usize, each: usize) -> Result<Visitors> {
        let mut ids = try_join_all((0..visitors * each).map(|_| self.register())).await?;
        let mut made = Vec::new();
        for number in 0..visitors {
            let own = ids.split_off(ids.len() - each);
            let customers: Result<_> =
                own.into_iter().map(|id| self.user(id, Role::Customer)).collect();
            let mut visitor = self.visitor(number, customers?);
            visitor.open().await?;
            made.push(visitor);
        }
        Ok(Visitors::new(made))
    }

    async fn register(&self) -> Result<Uuid> {
        let id = self.shop.new_id();
        if self.process.is_some() {
            self.shop.register(id).await?;
            return Ok(id);
        }
        let body = format!(
            r#"{{"email":"{id}@example.com","password":"correct horse {id}","role":"customer"}}"#
        );
        let mut connection = crate::http::Connection::new(self.address);
        let answer = connection.send(&request("POST", "/auth/register", "", "", &body)).await?;
        let made: serde_json::Value = serde_json::from_slice(&answer.expect(201)?.body)?;
        Ok(made["id"].as_str().ok_or("an account without an id")?.parse()?)
    }
}
