//! Whose panel is whose: every route with every role.

use crate::support::app::TestApp;
use aggregates::account::Role;

const ADMINS: [&str; 7] = [
    "/admin/dashboard",
    "/admin/stats",
    "/admin/users",
    "/admin/orders",
    "/admin/products",
    "/admin/jobs",
    "/admin/projections",
];
const SELLERS: [&str; 3] = ["/seller/products", "/seller/orders", "/seller/analytics"];
const ANALYSTS: [&str; 5] = [
    "/analytics/sales",
    "/analytics/products",
    "/analytics/users",
    "/analytics/dashboard",
    "/analytics/genres",
];

#[tokio::test]
async fn every_panel_is_for_its_role_and_for_administrators() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let user = app.user(role).await;
        let panels =
            [(&ADMINS[..], Role::Admin), (&SELLERS, Role::Seller), (&ANALYSTS, Role::Analyst)];
        for (paths, whose) in panels {
            for path in paths {
                let answer = user.get(path).await;
                if role == whose || role == Role::Admin {
                    answer.expect(200);
                } else {
                    answer.refused(403, "role_not_allowed");
                }
            }
        }
    }
    for path in ADMINS.iter().chain(&SELLERS).chain(&ANALYSTS) {
        app.guest().get(path).await.refused(401, "not_authenticated");
    }
    app.finish().await;
}
