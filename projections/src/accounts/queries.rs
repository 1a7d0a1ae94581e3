//! Reads of accounts, joined with what is left of their personal data.

use super::Row;
use aggregates::UserId;
use aggregates::account::Role;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// The personal data of an account. All absent once it is erased.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub default_address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AccountView {
    pub account: Row,
    pub profile: Profile,
}

/// Which accounts [`list`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub role: Option<Role>,
    pub is_active: Option<bool>,
    /// Part of the e-mail address or of a name.
    pub q: Option<String>,
    pub limit: u32,
    pub after: Option<Cursor>,
    pub offset: u32,
}

/// The last account of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub created_at: DateTime<Utc>,
    pub id: UserId,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<AccountView>,
    pub next: Option<Cursor>,
}

/// One account with its profile as JSON; `WHERE` follows. Shared by the single read and the list,
/// which the macros, wanting one literal each, could not do.
const SELECT: &str =
    "SELECT json_build_object('account', to_json(a), 'profile', coalesce(p.profile, '{}'))
       FROM read.accounts a
       LEFT JOIN LATERAL (
            SELECT json_object_agg(d.key, d.value) AS profile FROM personal_data d
             WHERE d.subject_id = a.id
               AND d.key = ANY ('{email,first_name,last_name,phone,default_address}')
       ) p ON true";

/// What a search looks at, up to the pattern. As the index `personal_data_search` says it.
const NAMED: &str = "d.key IN ('email', 'first_name', 'last_name') AND lower(d.value) LIKE lower(";
/// Where more names match, the newest accounts are tried one by one: matches are frequent among them.
const FEW: u16 = 1_000;

pub async fn account(db: &PgPool, id: UserId) -> Result<Option<AccountView>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE a.id = ").push_bind(id.uuid());
    let view: Option<Json<AccountView>> = query.build_query_scalar().fetch_optional(db).await?;
    Ok(view.map(|view| view.0))
}

/// The account with this e-mail address, whatever its case.
pub async fn by_email(db: &PgPool, email: &str) -> Result<Option<AccountView>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "SELECT subject_id FROM personal_data WHERE key = 'email' AND value = lower($1)",
        email
    )
    .fetch_optional(db)
    .await?;
    match id {
        Some(id) => account(db, id.into()).await,
        None => Ok(None),
    }
}

/// Newest first.
pub async fn list(db: &PgPool, filter: &Filter) -> Result<Page, sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(SELECT);
    query.push(" WHERE true");
    if let Some(role) = filter.role {
        query.push(" AND a.role = ").push_bind(role.as_str());
    }
    if let Some(is_active) = filter.is_active {
        query.push(" AND a.is_active = ").push_bind(is_active);
    }
    if let Some(q) = &filter.q {
        let pattern = anywhere(q);
        if let Some(ids) = few(db, &pattern).await? {
            query.push(" AND a.id = ANY (").push_bind(ids).push(")");
        } else {
            query.push(format_args!(
                " AND EXISTS (SELECT FROM personal_data d WHERE d.subject_id = a.id AND {NAMED}"
            ));
            query.push_bind(pattern).push("))");
        }
    }
    if let Some(after) = &filter.after {
        query.push(" AND (a.created_at, a.id) < (").push_bind(after.created_at);
        query.push(", ").push_bind(after.id.uuid()).push(")");
    }
    query.push(" ORDER BY a.created_at DESC, a.id DESC LIMIT ");
    query.push_bind(i64::from(filter.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(filter.offset));
    let rows: Vec<Json<AccountView>> = query.build_query_scalar().fetch_all(db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|view| view.0).collect();
    let next = crate::paging::cut(&mut items, filter.limit)
        .map(|last| Cursor { created_at: last.account.created_at, id: last.account.id });
    Ok(Page { items, next })
}

/// Who is called like that, if there are not more than [`FEW`].
///
/// Trap: asked with `EXISTS` alone, the planner hopes to meet a match soon on its way through the newest
/// accounts, and looks at all of them where there is none. A CTE is planned for all its rows, by the
/// index, and still stops at the limit.
async fn few(db: &PgPool, pattern: &str) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let sql = format!(
        "WITH matching AS MATERIALIZED (SELECT d.subject_id FROM personal_data d WHERE {NAMED}$1))
         SELECT subject_id FROM matching LIMIT $2"
    );
    let query = sqlx::query_scalar(&sql).bind(pattern).bind(i64::from(FEW) + 1);
    // Planned for the pattern itself: a short one is found in no index.
    let ids: Vec<Uuid> = query.persistent(false).fetch_all(db).await?;
    Ok((ids.len() <= usize::from(FEW)).then_some(ids))
}

/// A pattern of `LIKE` for any text that contains this one.
fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Accounts whose tokens became void, or that were blocked or erased, since that moment.
pub async fn revocations(db: &PgPool, since: DateTime<Utc>) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(a) AS "row!: Json<Row>" FROM read.accounts a
            WHERE a.valid_after >= $1 ORDER BY a.valid_after, a.id"#,
        since
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
