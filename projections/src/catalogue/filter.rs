//! Which products a list, a count or a facet is about, as SQL conditions.

use super::search::Search;
use aggregates::{Money, UserId};
use rust_decimal::Decimal;
use sqlx::{Postgres, QueryBuilder};

/// Which products of the catalogue may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Show {
    /// What everybody sees: active and not archived.
    #[default]
    ForSale,
    /// Also what is switched off: for sellers and administrators.
    Unarchived,
    /// Also what is deleted.
    All,
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words of the name or the description, in any form; typing errors are forgiven.
    pub q: Option<String>,
    /// Any of these, or all where it is empty.
    pub categories: Vec<String>,
    pub min_price: Option<Money>,
    pub max_price: Option<Money>,
    /// `true`: only what can be ordered now; `false`: only what cannot.
    pub in_stock: Option<bool>,
    pub seller_id: Option<UserId>,
    pub min_rating: Option<Decimal>,
    pub show: Show,
}

/// What of the filter a facet leaves out: its counts show what another choice would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Except {
    Nothing,
    Category,
    Price,
}

impl Filter {
    /// Whether it is about what is kept in `products_counts`.
    pub(super) fn is_of_categories_only(&self) -> bool {
        self.show == Show::ForSale
            && self.q.as_deref().is_none_or(|q| q.trim().is_empty())
            && self.names_no_figures()
    }

    /// Whether it is about what words match, and nothing else.
    pub(super) fn is_of_words_only(&self) -> bool {
        self.q.is_some() && self.categories.is_empty() && self.names_no_figures()
    }

    fn names_no_figures(&self) -> bool {
        let Self { min_price, max_price, in_stock, seller_id, min_rating, .. } = self;
        let prices = min_price.is_none() && max_price.is_none();
        prices && in_stock.is_none() && seller_id.is_none() && min_rating.is_none()
    }

    /// Appends ` WHERE …` over the alias `p`.
    pub(super) fn push_where<'q>(
        &'q self,
        query: &mut QueryBuilder<'q, Postgres>,
        search: &'q Search,
        except: Except,
    ) {
        // The literal form of the partial indexes' condition, so that the planner can use them.
        query.push(match self.show {
            Show::ForSale => " WHERE p.is_active AND NOT p.archived AND p.version > 0",
            Show::Unarchived => " WHERE NOT p.archived AND p.version > 0",
            Show::All => " WHERE p.version > 0",
        });
        search.push_condition(query);
        if except != Except::Category {
            match &self.categories[..] {
                [] => {}
                // By equality, so that the index by category and time gives them in order.
                [category] => {
                    query.push(" AND p.category = ").push_bind(category);
                }
                several => {
                    query.push(" AND p.category = ANY (").push_bind(several).push(")");
                }
            }
        }
        if except != Except::Price {
            if let Some(price) = self.min_price {
                query.push(" AND p.price >= ").push_bind(price.to_string()).push("::numeric");
            }
            if let Some(price) = self.max_price {
                query.push(" AND p.price <= ").push_bind(price.to_string()).push("::numeric");
            }
        }
        match self.in_stock {
            Some(true) => drop(query.push(" AND p.quantity > 0")),
            Some(false) => drop(query.push(" AND p.quantity <= 0")),
            None => {}
        }
        if let Some(seller_id) = self.seller_id {
            query.push(" AND p.seller_id = ").push_bind(seller_id.uuid());
        }
        if let Some(rating) = self.min_rating {
            query.push(" AND p.rating >= ").push_bind(rating.to_string()).push("::numeric");
        }
    }
}
