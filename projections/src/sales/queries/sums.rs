//! Figures by time, and by the members of a dimension.

use super::Pieces;
use crate::sales::range::Range;
use aggregates::UserId;
use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use sqlx::PgPool;

/// What was sold. See the module for what counts, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Zero by category and genre: an order has several.
    pub orders: i64,
    pub units: i64,
    pub returned_units: i64,
    pub gross: Decimal,
    pub discount: Decimal,
    pub refunds: Decimal,
}

impl Default for Figures {
    fn default() -> Self {
        let zero = Decimal::new(0, 2);
        Self { orders: 0, units: 0, returned_units: 0, gross: zero, discount: zero, refunds: zero }
    }
}

impl Figures {
    /// `gross - discount - refunds`.
    pub fn revenue(&self) -> Decimal {
        self.gross - self.discount - self.refunds
    }

    /// Revenue by order, rounded half up; zero where there is no order.
    pub fn average_order(&self) -> Decimal {
        average(self.revenue(), self.orders)
    }
}

/// Rounded half up to two digits; zero of nothing.
pub fn average(sum: Decimal, number: i64) -> Decimal {
    let mut average = sum.checked_div(Decimal::from(number)).unwrap_or_default();
    average = average.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    average.rescale(2);
    average
}

/// The sums of the columns as [`Sums`] reads them.
pub(super) const COLUMNS: &str = "coalesce(sum(s.number), 0)::bigint AS number,
    coalesce(sum(s.units), 0)::bigint AS units, coalesce(sum(s.returned), 0)::bigint AS returned,
    round(coalesce(sum(s.gross), 0), 2)::text AS gross,
    round(coalesce(sum(s.discount), 0), 2)::text AS discount,
    round(coalesce(sum(s.refunds), 0), 2)::text AS refunds";

/// What the subqueries below give to [`COLUMNS`].
pub(super) const INNER: &str = "sum(t.number) AS number, sum(t.units) AS units,
    sum(t.returned) AS returned, sum(t.gross) AS gross, sum(t.discount) AS discount,
    sum(t.refunds) AS refunds";

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Sums {
    number: i64,
    units: i64,
    returned: i64,
    gross: String,
    discount: String,
    refunds: String,
}

/// Money as PostgreSQL writes it.
pub(super) fn decimal(text: &str) -> Result<Decimal, sqlx::Error> {
    text.parse().map_err(|error: rust_decimal::Error| sqlx::Error::Decode(Box::new(error)))
}

impl TryFrom<Sums> for Figures {
    type Error = sqlx::Error;

    fn try_from(sums: Sums) -> Result<Self, sqlx::Error> {
        Ok(Self {
            orders: sums.number,
            units: sums.units,
            returned_units: sums.returned,
            gross: decimal(&sums.gross)?,
            discount: decimal(&sums.discount)?,
            refunds: decimal(&sums.refunds)?,
        })
    }
}

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The day that it begins with, in the time zone of the request.
    pub day: NaiveDate,
    pub range: Range,
    pub figures: Figures,
}

/// The figures of each range, in order. `LATERAL` keeps each piece a scan of one index.
async fn of_ranges(
    db: &PgPool,
    (dimension, member): (&str, &str),
    ranges: &[&Range],
) -> Result<Vec<Figures>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Found {
        place: i32,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let pieces = Pieces::of(ranges.iter().copied());
    let sql = format!(
        "SELECT p.place, {COLUMNS}
           FROM UNNEST($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[])
                AS p(place, grain, lower, upper),
                LATERAL (SELECT {INNER} FROM read.sales_sums t
                          WHERE t.dimension = $5 AND t.member = $6 AND t.grain = p.grain
                            AND t.bucket >= p.lower AND t.bucket < p.upper) s
          GROUP BY p.place"
    );
    let found: Vec<Found> = sqlx::query_as(&sql)
        .bind(pieces.places)
        .bind(pieces.grains)
        .bind(pieces.from)
        .bind(pieces.to)
        .bind(dimension)
        .bind(member)
        .fetch_all(db)
        .await?;
    let mut figures = vec![Figures::default(); ranges.len()];
    for Found { place, sums } in found {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some(figures) = figures.get_mut(place) {
            *figures = sums.try_into()?;
        }
    }
    Ok(figures)
}

/// Everybody's, or those of one seller.
fn whose(seller_id: Option<UserId>) -> (&'static str, String) {
    seller_id.map_or(("all", String::new()), |id| ("seller", id.to_string()))
}

/// The figures of a range.
pub async fn total(db: &PgPool, range: &Range) -> Result<Figures, sqlx::Error> {
    Ok(of_ranges(db, ("all", ""), &[range]).await?.pop().unwrap_or_default())
}

/// The figures of a seller's lines in a range.
pub async fn total_of_seller(
    db: &PgPool,
    seller_id: UserId,
    range: &Range,
) -> Result<Figures, sqlx::Error> {
    let member = seller_id.to_string();
    Ok(of_ranges(db, ("seller", &member), &[range]).await?.pop().unwrap_or_default())
}

/// The figures of each period, or of a seller's lines in each; those without any are there too.
pub async fn by_period(
    db: &PgPool,
    seller_id: Option<UserId>,
    periods: Vec<(NaiveDate, Range)>,
) -> Result<Vec<Period>, sqlx::Error> {
    let (dimension, member) = whose(seller_id);
    let ranges: Vec<&Range> = periods.iter().map(|(_, range)| range).collect();
    let figures = of_ranges(db, (dimension, &member), &ranges).await?;
    let periods = periods.into_iter().zip(figures);
    Ok(periods.map(|((day, range), figures)| Period { day, range, figures }).collect())
}

/// The figures of one member of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub figures: Figures,
}

/// The figures by the members of a dimension (`seller`, `category`, `genre`, `payment_method`,
/// `delivery_method`, `promotion`) in a range, the best first.
pub async fn by_member(
    db: &PgPool,
    dimension: &str,
    range: &Range,
    limit: u32,
) -> Result<Vec<Member>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Found {
        name: String,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let pieces = Pieces::of([range]);
    let sql = format!(
        "SELECT s.member AS name, {COLUMNS}
           FROM UNNEST($1::text[], $2::timestamptz[], $3::timestamptz[])
                AS p(grain, lower, upper),
                LATERAL (SELECT t.member, {INNER} FROM read.sales_sums t
                          WHERE t.dimension = $4 AND t.grain = p.grain
                            AND t.bucket >= p.lower AND t.bucket < p.upper
                          GROUP BY t.member) s
          GROUP BY s.member
          ORDER BY sum(s.gross) - sum(s.discount) - sum(s.refunds) DESC, s.member LIMIT $5"
    );
    let found: Vec<Found> = sqlx::query_as(&sql)
        .bind(pieces.grains)
        .bind(pieces.from)
        .bind(pieces.to)
        .bind(dimension)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    let members = found.into_iter();
    members.map(|row| Ok(Member { name: row.name, figures: row.sums.try_into()? })).collect()
}

/// How many carts were filled in a range, and how far the orders came that were placed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Funnel {
    pub cart: i64,
    pub placed: i64,
    /// Cancelled later or not.
    pub confirmed: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub cancelled: i64,
}

pub async fn funnel(db: &PgPool, range: &Range) -> Result<Funnel, sqlx::Error> {
    let cart = crate::cart_fillings::filled(db, range).await?;
    let mut funnel = Funnel { cart, ..Funnel::default() };
    for Member { name, figures } in by_member(db, "funnel", range, 10).await? {
        match name.as_str() {
            "placed" => funnel.placed = figures.orders,
            "confirmed" => funnel.confirmed = figures.orders,
            "shipped" => funnel.shipped = figures.orders,
            "delivered" => funnel.delivered = figures.orders,
            "cancelled" => funnel.cancelled = figures.orders,
            _ => {}
        }
    }
    Ok(funnel)
}

/// How many of everything there are now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Without erased ones.
    pub users: i64,
    pub active_users: i64,
    /// Without archived ones.
    pub products: i64,
    pub active_products: i64,
    /// Placed, whatever became of them.
    pub orders: i64,
    /// Of all time.
    pub sales: Figures,
}

pub async fn counts(db: &PgPool) -> Result<Counts, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Found {
        dimension: String,
        member: String,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let sql = format!(
        "SELECT s.dimension, s.member, {COLUMNS} FROM read.sales_sums s
          WHERE s.dimension = ANY ('{{all,accounts,products,funnel}}') AND s.grain = 'all'
          GROUP BY s.dimension, s.member"
    );
    let found: Vec<Found> = sqlx::query_as(&sql).fetch_all(db).await?;
    let mut counts = Counts::default();
    for Found { dimension, member, sums } in found {
        let figures = Figures::try_from(sums)?;
        match (dimension.as_str(), member.as_str()) {
            ("all", _) => counts.sales = figures,
            ("accounts", "present") => counts.users = figures.orders,
            ("accounts", "active") => counts.active_users = figures.orders,
            ("products", "present") => counts.products = figures.orders,
            ("products", "active") => counts.active_products = figures.orders,
            ("funnel", "placed") => counts.orders = figures.orders,
            _ => {}
        }
    }
    Ok(counts)
}
