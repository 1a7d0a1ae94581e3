//! Everything that needs a database or a socket, in one binary; its folders mirror `src/`. Each test
//! has a database of its own and asserts what a user would notice. No test sleeps and hopes: it
//! waits for a condition, for a bounded time.

#[cfg(test)]
mod acidrain;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod checkout;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod community;
#[cfg(test)]
mod eventlog;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fulfilment;
#[cfg(test)]
mod history;
#[cfg(test)]
mod http;
#[cfg(test)]
mod images;
#[cfg(test)]
mod ledgers;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod model;
#[cfg(test)]
mod panels;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod records;
#[cfg(test)]
mod security;
#[cfg(test)]
mod support;
#[cfg(test)]
mod value;
#[cfg(test)]
mod webhooks;
