//! What an order comes to, as its confirmation shows it: its lines and their sums, as text and as a
//! table in HTML. Computes nothing: all amounts are the order's.

use super::letters::{Language, Price, escaped};
use aggregates::Money;
use aggregates::order::Details;

/// Lines and sums in words of one language.
#[derive(Debug)]
pub(super) struct Receipt {
    lines: Vec<Line>,
    /// What each is of, and how much.
    sums: Vec<(&'static str, String)>,
}

/// One product of the order.
#[derive(Debug)]
struct Line {
    name: String,
    /// How many, at which price.
    units: String,
    total: String,
}

impl Receipt {
    pub fn of(order: &Details, language: Language) -> Self {
        let price = |amount: Money| Price { amount, currency: order.currency }.to_string();
        let less = |amount: Money| (!amount.is_zero()).then(|| format!("-{}", price(amount)));
        let due = order.amount_due();
        let sums = [
            Some(price(order.subtotal)),
            less(order.discount),
            Some(price(order.delivery_cost)),
            Some(price(order.total_amount)),
            less(order.points.value()),
            less(order.gift_card_amount()),
            (due != order.total_amount).then(|| price(due)),
        ];
        let sums = labels(language).into_iter().zip(sums);
        let lines = order.lines.iter().map(|line| Line {
            name: line.name.clone(),
            units: format!("{} × {}", line.quantity, price(line.price)),
            total: price(line.line_total),
        });
        Self {
            lines: lines.collect(),
            sums: sums.filter_map(|(label, sum)| Some((label, sum?))).collect(),
        }
    }

    /// A line each.
    pub fn text(&self) -> String {
        let lines = self.lines.iter();
        let lines = lines.map(|Line { name, units, total }| format!("{name}: {units} = {total}"));
        let sums = self.sums.iter().map(|(label, sum)| format!("{label}: {sum}"));
        let text = |lines: Vec<String>| lines.join("\n");
        format!("{}\n\n{}", text(lines.collect()), text(sums.collect()))
    }

    pub fn html(&self) -> String {
        let lines = self.lines.iter().map(|Line { name, units, total }| {
            format!("<tr><td>{}</td><td>{units}</td><td>{total}</td></tr>", escaped(name))
        });
        let sums = self.sums.iter();
        let sums = sums
            .map(|(label, sum)| format!("<tr><th colspan=\"2\">{label}</th><td>{sum}</td></tr>"));
        let rows: Vec<_> = lines.chain(sums).collect();
        format!("<table>\n{}\n</table>", rows.join("\n"))
    }
}

fn labels(language: Language) -> [&'static str; 7] {
    match language {
        Language::Russian => {
            ["Товары", "Скидка", "Доставка", "Итого", "Баллами", "Подарочной картой", "Деньгами"]
        }
        Language::English => {
            ["Goods", "Discount", "Delivery", "Total", "In points", "By gift card", "In money"]
        }
    }
}
