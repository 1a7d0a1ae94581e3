//! Every line of the contract (`endpoints.tsv`) against the running server: without a token, with each
//! role, with an id of somebody else, with malformed and with oversized input, and each time with the
//! status that the contract says. What differs is shown all at once.

mod broken;
mod foreign;
mod owner;
mod report;
mod request;
mod route;

use aggregates::account::Role;
use futures_util::future::join_all;
use owner::{KNOWN, Owner};
use report::{Expected, Report, refused};
use request::Request;
use route::routes;

use crate::support::app::TestApp;
use crate::support::wait::eventually;
use crate::webhooks::{self, receiver::Receiver};

const OTHERS: [Option<Role>; 5] =
    [Some(Role::Customer), Some(Role::Seller), Some(Role::Auditor), Some(Role::Analyst), None];

/// Requests that make sense, by all roles and by a stranger. What an administrator sends is also what
/// the others are refused with.
async fn walk(app: &TestApp, receiver: &Receiver) -> Vec<Report> {
    let admin = Owner::new(app, receiver, Some(Role::Admin)).await;
    let mut report = Report::default();
    let mut sensible = Vec::new();
    for route in routes() {
        let request = admin.request(&route).await;
        let client = request.by.as_ref().unwrap_or(&admin.user);
        let expected = Expected(request.status, None);
        report.ask("admin", client, (&route, &request), &expected).await;
        sensible.push(request);
    }
    let others = OTHERS.map(|caller| walk_as(app, receiver, caller, &sensible));
    let reports = join_all(others).await;
    reports.into_iter().chain([report]).collect()
}

async fn walk_as(
    app: &TestApp,
    receiver: &Receiver,
    caller: Option<Role>,
    sensible: &[Request],
) -> Report {
    let owner = Owner::new(app, receiver, caller).await;
    let what = caller.map_or("a stranger".to_owned(), |role| role.to_string());
    let refusal = match caller {
        None => refused(401, "not_authenticated"),
        Some(_) => refused(403, "role_not_allowed"),
    };
    let mut report = Report::default();
    for (route, sensible) in routes().iter().zip(sensible) {
        if route.admits(caller) {
            let request = owner.request(route).await;
            let client = request.by.as_ref().unwrap_or(&owner.user);
            let expected = Expected(request.status, None);
            report.ask(&what, client, (route, &request), &expected).await;
        } else {
            report.ask(&what, &owner.user, (route, sensible), &refusal).await;
        }
    }
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_the_contract_answers_as_it_says_whoever_asks_and_with_whatever() {
    let app = TestApp::setup().file(webhooks::TOML).start().await;
    let receiver = Receiver::start().await;
    app.registered(KNOWN, "customer").await;
    let admin = app.admin().await;
    eventually("a signed tree head", async || {
        let signed = admin.get("/audit/checkpoints").await.expect(200).body;
        (!signed["items"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    // Most of the time each waits for the server to show what it has done.
    let (walked, foreign, broken) = tokio::join!(
        walk(&app, &receiver),
        foreign::walk(&app, &receiver),
        broken::walk(&app, &receiver)
    );
    Report::all(walked.into_iter().chain([foreign, broken])).finish();
    app.finish().await;
}
